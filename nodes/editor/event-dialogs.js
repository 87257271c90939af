// Lists of what the trigger nodes can follow: names and ids, comma separated, in the field "filter".
(function () {
  "use strict";

  const CONFIG = {
    "kasa-event": { type: "kasa-account", field: "#node-input-account" },
    "omada-event": { type: "omada-controller", field: "#node-input-controller" },
    "router-event": { type: "peplink-router", field: "#node-input-router" },
  };
  /** What a controller calls what its sources tell of; its logs tell of everything. */
  const OMADA = { clients: "clients", devices: "devices", wan: "gateways" };

  /** Gives the dialog of a trigger node its lists. */
  homenet.events = (node) => {
    const { type, field } = CONFIG[node.type];
    const source = () => $("#node-input-source").val();
    const site = () => String($("#node-input-site").val() || "").trim();
    const read = (list, query) => homenet.read(type, $(field).val(), list, query);
    const rows = {
      "kasa-event": () => homenet.kasaDevices($(field).val()),
      "omada-event": () => (OMADA[source()] ? read(OMADA[source()], { site: site() }) : { rows: [] }),
      "router-event": () => (source() === "location" ? { rows: [] } : read(source())),
    }[node.type];

    const followed = homenet.list({
      field: "#node-input-filter",
      several: true,
      rows: async () => named(await rows()),
    });
    const lists = [followed];
    if (node.type === "omada-event") lists.push(homenet.list({ field: "#node-input-site", rows: () => read("sites") }));
    $(field).on("change", () => lists.forEach((list) => list.forget()));
    $("#node-input-source, #node-input-site").on("change", () => followed.forget());
  };

  // A name where it can stand in a list of names and is nobody else's, else the id.
  function named(answer) {
    if (answer.error) return answer;
    const labels = answer.rows.map(({ label }) => String(label).toLowerCase());
    const alone = (label) => labels.filter((other) => other === label.toLowerCase()).length === 1;
    const fits = (label) => label && label.trim() === label && !label.includes(",") && alone(label);
    return { rows: answer.rows.map((row) => (fits(row.label) ? { ...row, value: row.label } : row)) };
  }
})();
