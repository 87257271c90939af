// What the dialogs of all config nodes share: the test of the connection, and what follows from it.
(function () {
  "use strict";

  /** Node-RED's placeholder for a secret that the runtime keeps. */
  const KEPT = "__PWRD__";
  const { text, ask, field, button, paragraph, table } = homenet;
  const spinner = () => $('<i class="fa fa-circle-o-notch fa-spin"></i>');

  // The context stores of Node-RED's settings; the one in memory outlives nothing.
  async function stores() {
    const { stores = [] } = RED.settings.context || {};
    return { rows: stores.filter((store) => store !== "memory").map((value) => ({ value })) };
  }

  /** The dialog of one config node, while it is open. */
  class Connection {
    /**
     * @param node the config node, as Node-RED's editor has it
     * @param said makes label and value pairs of what the platform says of itself
     * @param more hears of each answer, and may add to what is shown
     */
    constructor(node, { said, more }) {
      this.node = node;
      this.said = said;
      this.more = more;
      /** For secrets that the runtime got for this dialog; and the fields that they are for. */
      this.ticket = undefined;
      this.obtained = [];
      this.result = $('<div id="homenet-test-result" role="status" aria-live="polite"></div>').hide();
      this.button = button("homenet-test", "fa-plug", text("test.button"));
      this.button.on("click", () => this.test());
      // Below the fields, wherever this dialog's labels let them begin.
      const label = $("<label></label>").width($(".homenet-connection").siblings(".form-row").find("label").width());
      // The space is as wide as the one that stands between a label and its field.
      const row = $('<div class="form-row"></div>').append(label, " ", this.button);
      this.place = $(".homenet-connection").empty().append(row, this.result);
      homenet.list({ field: "#node-config-input-store", rows: stores });
    }

    /** What is typed into the dialog just now, saved or not. */
    typed() {
      const values = (names) => Object.fromEntries(names.map((name) => [name, this.value(name)]));
      const { defaults, credentials } = RED.nodes.getType(this.node.type);
      const settings = values(Object.keys(defaults).filter((name) => name !== "name"));
      const { id } = this.node;
      return { id, ticket: this.ticket, settings, credentials: values(Object.keys(credentials)) };
    }

    value(name) {
      const value = field(name).val();
      return value === "_ADD_" || value === null || value === undefined ? "" : String(value);
    }

    /** Asks the runtime for something that takes a while, and shows what became of it. */
    async act(name, more, shown) {
      const buttons = this.place.find("button").prop("disabled", true);
      this.show("busy", [spinner(), " ", $("<span></span>").text(text("test.busy"))]);
      const answer = await ask(`${this.node.type}/${name}`, { ...this.typed(), ...more });
      buttons.prop("disabled", false);
      if (answer.error) this.fail(answer, () => this.act(name, more, shown));
      else shown(answer);
    }

    test() {
      return this.act("test", {}, (answer) => {
        if (answer.ticket) this.obtain(answer);
        const who = this.said(answer.who).filter(([, value]) => value !== "");
        this.show("good", [$("<strong></strong>").text(text("test.good")), table(who)]);
        if (this.more) this.more(this, answer);
      });
    }

    fail(answer, again) {
      const { code, message } = answer.error;
      const words = [$("<span></span>").text(message), " ", $("<code></code>").text(code)];
      this.show("bad", [
        $("<div></div>").append(words),
        ...(answer.certificate ? this.certificate(answer, again) : []),
      ]);
      if (this.more) this.more(this, answer);
    }

    // What the certificate was in the way of is done as soon as it is pinned.
    certificate({ certificate }, again) {
      const { subject, issuer, validFrom, validTo, fingerprint } = certificate;
      const day = (time) => (time ? new Date(time).toLocaleDateString(undefined, { dateStyle: "medium" }) : "?");
      const pin = button("homenet-pin", "fa-certificate", text("pin.button"));
      pin.on("click", () => {
        field("fingerprint").val(fingerprint).trigger("change");
        return again();
      });
      const rows = [
        [text("pin.subject"), subject],
        [text("pin.issuer"), issuer === subject ? text("pin.itself") : issuer],
        [text("pin.valid"), `${day(validFrom)} – ${day(validTo)}`],
        [text("pin.fingerprint"), fingerprint],
      ];
      return [paragraph(text("pin.shown")), table(rows), paragraph(text("pin.advice")), pin];
    }

    /** @param {"good" | "bad" | "busy"} how */
    show(how, what) {
      this.result.removeClass("homenet-good homenet-bad homenet-busy").addClass(`homenet-${how}`);
      this.result.empty().append(what).show();
      this.result[0].scrollIntoView({ block: "nearest" });
    }

    /** Takes over secrets that stay in the runtime: their fields show that there is something. */
    obtain({ ticket, obtained }) {
      this.ticket = ticket;
      this.obtained = obtained;
      for (const name of obtained) field(name).val(KEPT).trigger("change");
    }

    /**
     * On "Add" or "Update": what the ticket stands for becomes the node's own.
     * @returns whether the node has changed, which Node-RED cannot see by the placeholder in the field
     */
    save() {
      const kept = this.obtained.some((name) => this.value(name) === KEPT);
      if (kept) this.keep().catch(() => undefined);
      return kept;
    }

    async keep() {
      const { error } = await ask(`${this.node.type}/keep`, { id: this.node.id, ticket: this.ticket });
      if (error) RED.notify($("<span></span>").text(error.message), { type: "error" });
    }
  }

  let open;

  /**
   * Prepares the dialog of a config node; to be called in `oneditprepare`.
   * @param {object} node
   * @param {{said: (who: Record<string, any>) => [string, string][], more?: (dialog: Connection, answer: object) => void}} options
   */
  homenet.connection = (node, options) => {
    open = new Connection(node, options);
    return open;
  };

  /** Keeps what was obtained; to be called in `oneditsave`, which returns what it says. */
  homenet.saveConnection = () => Boolean(open && open.save());
})();
