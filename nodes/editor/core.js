// What the dialogs of all nodes share. The build puts this file before the others here, and all of them into one script,
// which is loaded before the nodes (see homenet-editor.html) and used when a dialog opens.
(function () {
  "use strict";

  const NAMESPACE = "@homenet/node-red-homenet/homenet-editor:";
  const STYLE = "resources/@homenet/node-red-homenet/editor.css";

  /**
   * A text of the shared catalog. Names that come from devices never go in here: they are put beside it as text.
   * @param {string} key such as "list.loading"
   * @param {Record<string, number | string>} [values] for its placeholders
   */
  function text(key, values) {
    return RED._(NAMESPACE + key, values);
  }

  /**
   * Asks the runtime. It never rejects: what went wrong is in the answer.
   * @param {string} path below `homenet/`, its parts encoded
   * @param {object} [body] posted as JSON; without one it is a GET
   * @returns {Promise<{error?: {code: string, message: string}} & Record<string, any>>}
   */
  function ask(path, body) {
    const post = body && { method: "POST", contentType: "application/json", data: JSON.stringify(body) };
    return new Promise((resolve) => {
      // Node-RED's own $.ajax: it knows where the runtime is, and who is signed in to the editor.
      $.ajax({ url: `homenet/${path}`, dataType: "json", cache: true, ...post })
        .done((answer) => resolve(answer))
        .fail((request) => {
          const key = request.status === 401 || request.status === 403 ? "error.forbidden" : "error.noRuntime";
          resolve({ error: { code: "network", message: text(key) } });
        });
    });
  }

  /**
   * Reads a list through a deployed config node.
   * @param {string} type of the config node
   * @param {string} id of the config node; blank or `_ADD_` where none is chosen
   * @param {string} list
   * @param {Record<string, string>} [query]
   */
  async function read(type, id, list, query) {
    if (!id || id === "_ADD_") return { error: { code: "config", message: text("list.noConfig") } };
    const answer = await ask(`${type}/${encodeURIComponent(id)}/${list}${query ? `?${$.param(query)}` : ""}`);
    return answer.notDeployed ? { error: { code: "config", message: text("list.deployFirst") } } : answer;
  }

  /** The field of a config node's dialog. */
  const field = (name) => $(`#node-config-input-${name}`);

  function button(id, icon, label) {
    const made = $('<button type="button" class="red-ui-button"></button>').attr("id", id);
    return made.append($("<i></i>").addClass(`fa ${icon}`), " ", $("<span></span>").text(label));
  }

  const paragraph = (words) => $("<p></p>").text(words);

  /** Labels with their values. Names and values come from devices and servers: text, never HTML. */
  function table(pairs) {
    const made = $('<dl class="homenet-table"></dl>');
    for (const [label, value] of pairs) made.append($("<dt></dt>").text(label), $("<dd></dd>").text(value));
    return made;
  }

  function addStyle() {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = STYLE;
    document.head.append(link);
  }

  window.homenet = { text, ask, read, field, button, paragraph, table };
  addStyle();
})();
