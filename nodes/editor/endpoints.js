// What the dialogs that ask a router share: the table of its endpoints, and the form for the chosen one.
(function () {
  "use strict";

  const ROUTER = "#node-input-router";
  const ENDPOINT = "#node-input-endpoint";
  const BODY = "#node-input-body";

  class Endpoints {
    /** @param {"read" | "write"} purpose */
    constructor(purpose) {
      this.purpose = purpose;
      this.table = homenet.ask("endpoints");
      const rows = (field) => this.listFor(field);
      this.form =
        purpose === "read"
          ? homenet.form({ field: "#node-input-params", blank: "msg.params", rows })
          : homenet.form({ field: BODY, blank: "msg.payload", rows });
      homenet.list({ field: ENDPOINT, rows: () => this.rows() });
      if (purpose === "write") this.addTemplate();
      $(ENDPOINT).on("change", () => this.refresh());
      setTimeout(() => void this.refresh());
    }

    async endpoints() {
      const { endpoints = [], error } = await this.table;
      return { error, endpoints: endpoints.filter(({ effect }) => (effect === "read") === (this.purpose === "read")) };
    }

    async rows() {
      const { endpoints, error } = await this.endpoints();
      return error ? { error } : { rows: endpoints.map(row).sort(byUse) };
    }

    // Links are known by numbers that nobody has in mind.
    listFor({ at: [name], type }) {
      const wan = name === "connId" || (name === "id" && /wan/.test(String($(ENDPOINT).typedInput("value"))));
      if (!wan || (type !== "integer" && type !== "list")) return undefined;
      return () => homenet.read("peplink-router", $(ROUTER).val(), "wan");
    }

    async refresh() {
      const { endpoints } = await this.endpoints();
      const field = $(ENDPOINT);
      if (!document.contains(field[0])) return;
      const typed = field.typedInput("type") === "str";
      const name = String(field.typedInput("value")).trim();
      this.known = typed ? endpoints.find((endpoint) => endpoint.name === name) : undefined;
      const { known } = this;
      const note = known ? about(known) : typed && name ? homenet.text("endpoint.unknown") : "";
      $("#homenet-endpoint-about").text(note);
      this.form.show(
        known ? known.fields : [],
        known && { why: this.whyNone(known), all: known.stability !== "undocumented" },
      );
      $("#homenet-confirm-note").toggle(Boolean(known && known.destroys));
      if (this.template) this.drawTemplate();
    }

    whyNone({ effect, fields, template }) {
      if (fields.length > 0 || this.purpose === "read") return "";
      const mute = effect === "apply" || template;
      return homenet.text(mute ? "endpoint.noBody" : "endpoint.unknownBody");
    }

    addTemplate() {
      this.template = $('<button type="button" class="red-ui-button red-ui-button-small homenet-template"></button>');
      this.template.insertBefore($(BODY).closest(".form-row").find(".red-ui-typedInput-container"));
      this.template.on("click", () => {
        const now = { type: $(BODY).typedInput("type"), value: String($(BODY).typedInput("value")) };
        const next = this.before || { type: "json", value: JSON.stringify(this.known.template, null, 4) };
        this.before = this.before || now.value.trim() === "" ? undefined : now;
        $(BODY).typedInput("type", next.type).typedInput("value", next.value);
        $(BODY).trigger("change");
        this.drawTemplate();
      });
    }

    // What a template has taken the place of can be had back.
    drawTemplate() {
      const text = homenet.text(this.before ? "endpoint.back" : "endpoint.template");
      this.template.text(text).toggle(Boolean(this.before || (this.known && this.known.template)));
    }
  }

  const USED = ["status", "info", "config", "cmd"];

  // What people look for first: states before settings.
  function byUse(one, other) {
    const place = ({ value }) => USED.indexOf(value.split(".")[0]);
    return place(one) - place(other) || (one.value < other.value ? -1 : 1);
  }

  function row({ name, method, since, stability, fields, destroys }) {
    const needed = fields.filter(({ required }) => required).map(({ at: [name] }) => name);
    const notes = [since, stability === "API" ? "" : homenet.text(`endpoint.word.${key(stability)}`)];
    if (destroys) notes.push(homenet.text("endpoint.destroys"));
    return {
      value: name,
      method,
      detail: [...notes.filter(Boolean), ...needed].join(" · "),
      dim: stability === "undocumented",
    };
  }

  function about({ since, stability, scope, effect }) {
    const said = [homenet.text(`endpoint.stability.${key(stability)}`)];
    if (since) said.unshift(homenet.text("endpoint.since", { since }));
    said.push(homenet.text(scope === "api" ? "endpoint.scope.api" : "endpoint.scope.any"));
    if (effect === "config") said.push(homenet.text("endpoint.pending"));
    return said.join(" · ");
  }

  const key = (stability) => stability.toLowerCase().replace(" ", "-");

  /**
   * Sets up the dialog of a node that asks a router.
   * @param {"read" | "write"} purpose
   */
  homenet.endpoints = (purpose) => new Endpoints(purpose);
})();
