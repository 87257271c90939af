// What the dialogs that ask an Omada controller share: the search for an operation, and the form for the chosen one.
(function () {
  "use strict";

  const TYPING_MS = 300;
  /** The controller's own description is waited for that often, that long. */
  const LOOK_AGAIN_MS = 2000;
  const LOOKS = 15;
  const CONTROLLER = "#node-input-controller";
  /** Places in a path, and the list in which they can be found. */
  const LISTED = {
    clientMac: "clients",
    deviceMac: "devices",
    apMac: "aps",
    switchMac: "switches",
    gatewayMac: "gateways",
  };

  class Operations {
    /** @param {"read" | "write"} purpose */
    constructor(purpose) {
      this.purpose = purpose;
      this.asked = 0;
      this.looks = 0;
      this.search = $("#homenet-operation");
      this.about = $("#homenet-operation-about");
      this.params = homenet.form({
        field: "#node-input-params",
        blank: "msg.params",
        rows: (field) => this.listFor(field),
      });
      if (purpose === "write") this.body = homenet.form({ field: "#node-input-body", blank: "msg.payload" });
      this.addLists();
      const settings = `${CONTROLLER}, #node-input-method, #node-input-path, #node-input-paging`;
      $(settings).on("change", () => this.refreshIn(TYPING_MS));
      this.refreshIn(0);
    }

    refreshIn(ms) {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => void this.refresh(), ms);
    }

    addLists() {
      const rows = (words) => this.find(words);
      const choose = ({ method, path }) => this.choose(method, path);
      for (const field of ["#homenet-operation", "#node-input-path"])
        homenet.list({ field, searches: true, rows, choose });
      const sites = homenet.list({ field: "#node-input-site", rows: () => this.read("sites") });
      $(CONTROLLER).on("change", () => sites.forget());
      this.search.on("focus", () => this.search.trigger("select"));
      // Words that led nowhere are no operation.
      this.search.on("blur", () => this.search.val(this.summary || ""));
    }

    read(list, query) {
      return homenet.read("omada-controller", $(CONTROLLER).val(), list, query);
    }

    listFor({ in: place, at: [name] }) {
      const list = place === "path" && Object.hasOwn(LISTED, name) ? LISTED[name] : undefined;
      return list && (() => this.read(list, { site: this.site() }));
    }

    site() {
      const field = $("#node-input-site");
      return field.typedInput("type") === "str" ? String(field.typedInput("value")) : "";
    }

    ask(path, query) {
      const id = $(CONTROLLER).val();
      const chosen = id && id !== "_ADD_" ? id : "-";
      return homenet.ask(`operations/${encodeURIComponent(chosen)}${path}?${$.param(query)}`);
    }

    async find(words) {
      const answer = await this.ask("", { for: this.purpose, words });
      if (answer.error) return answer;
      this.tell(answer);
      return { rows: answer.matches.map(row) };
    }

    choose(method, path) {
      // What the operation is called comes in the place of the words.
      this.search.trigger("blur");
      $("#node-input-method").val(method);
      $("#node-input-path").typedInput("type", "str").typedInput("value", path);
      $("#node-input-path").trigger("change");
      this.refreshIn(0);
    }

    async refresh() {
      const asked = ++this.asked;
      const path = $("#node-input-path");
      const text = String(path.typedInput("value")).trim();
      if (path.typedInput("type") !== "str" || text === "" || text.includes("${"))
        return this.show(undefined, homenet.text("operation.typed"));
      const method = $("#node-input-method").val();
      const answer = await this.ask("/form", { method, path: text });
      // Something else was typed meanwhile, or the dialog is gone.
      if (asked !== this.asked || !document.contains(this.search[0])) return;
      if (answer.error) return this.show(undefined, answer.error.message);
      this.tell(answer);
      this.show(answer.form, answer.form.operation ? "" : homenet.text("operation.unknown"));
      if (answer.pending && ++this.looks <= LOOKS) this.refreshIn(LOOK_AGAIN_MS);
    }

    // Whose list it is, and why it is not the controller's own.
    tell({ own, version, total, pending, notDeployed, why }) {
      const source = own ? "own" : pending ? "pending" : notDeployed ? "deployFirst" : "bundled";
      const said = [homenet.text(`operation.${source}`, { total })];
      if (own && version) said.push(`${homenet.text("operation.version")} ${version}`);
      if (why && !own) said.push(why.message);
      this.about.text(said.join(" "));
    }

    show(form, why = "") {
      const { operation = {}, parameters = [], body, destroys } = form || {};
      this.summary = operation.summary || "";
      if (document.activeElement !== this.search[0]) this.search.val(this.summary);
      const fields = this.byBody() ? [...parameters, ...inQuery(body)] : parameters;
      const all = Boolean(form && form.operation);
      this.params.show(fields.filter((field) => this.asks(field)).map(eased), { all });
      if (this.body) this.body.show((body && body.fields) || [], { why: all ? aboutBody(body) : "" });
      const deprecated = operation.deprecated ? homenet.text("operation.deprecated") : "";
      $("#homenet-operation-note").text([why, deprecated].join(" ").trim());
      $("#homenet-confirm-note").toggle(Boolean(destroys));
    }

    // Lists that are read by POST take in their body what others take in their query.
    byBody() {
      return this.purpose === "read" && $("#node-input-method").val() === "POST";
    }

    // Pages are the node's affair, unless one of them is wanted.
    asks({ at: [name] }) {
      return this.purpose === "write" || !isPage(name) || $("#node-input-paging").val() === "one";
    }
  }

  function row({ method, path, tag, summary, deprecated, destroys }) {
    const about = destroys
      ? homenet.text("operation.destroys")
      : deprecated
        ? homenet.text("operation.deprecated")
        : tag;
    return {
      value: path,
      method,
      path,
      label: summary || path,
      detail: about,
      below: `${method} ${path}`,
      dim: deprecated,
    };
  }

  function inQuery(body) {
    return ((body && body.fields) || []).map((field) => ({ ...field, in: "query" }));
  }

  function eased(field) {
    return isPage(field.at[0]) ? { ...field, required: false } : field;
  }

  function aboutBody(body) {
    if (!body) return homenet.text("operation.noBody");
    if (body.file) return homenet.text("operation.file");
    return body.partial && body.fields.length === 0 ? homenet.text("operation.unknownBody") : "";
  }

  const isPage = (name) => name === "page" || name === "pageSize";

  /**
   * Sets up the dialog of a node that asks a controller.
   * @param {"read" | "write"} purpose
   */
  homenet.operations = (purpose) => new Operations(purpose);
})();
