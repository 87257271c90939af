// Lists of what a Kasa account has.
(function () {
  "use strict";

  const { text } = homenet;

  /** Rows of the devices of an account, those that can be used first. */
  homenet.kasaDevices = async (account) => {
    const { error, devices = [] } = await homenet.read("kasa-account", account, "devices");
    if (error) return { error };
    const aliases = devices.map(({ alias }) => alias.toLowerCase());
    const rank = ({ online, supported }) => (supported ? (online ? 0 : 1) : 2);
    const sorted = devices.sort((one, other) => rank(one) - rank(other) || one.alias.localeCompare(other.alias));
    return { rows: sorted.map((device) => deviceRow(device, aliases)) };
  };

  // An alias is what people know, but only an id is good for a device that has none of its own.
  function deviceRow(device, aliases) {
    const { deviceId, alias, model, online, supported } = device;
    const alone = aliases.filter((other) => other === alias.toLowerCase()).length === 1;
    const named = alias.trim() === alias && alias !== "" && !alias.includes(",") && alone;
    const state = supported ? (online ? "kasa.online" : "kasa.offline") : "kasa.unsupported";
    const detail = `${model}  ${text(state)}`.trim();
    return { value: named ? alias : deviceId, label: alias || deviceId, detail, dim: !online || !supported };
  }

  async function outlets(account, device) {
    if (!device) return { error: { message: text("kasa.chooseDevice") } };
    const { error, outlets: found = [] } = await homenet.read("kasa-account", account, "outlets", { device });
    if (error) return { error };
    if (found.length === 0) return { error: { message: text("kasa.noOutlets") } };
    const aliases = found.map(({ alias }) => alias.toLowerCase());
    return {
      rows: found.map(({ alias, on }, index) => {
        const alone = alias && aliases.filter((other) => other === alias.toLowerCase()).length === 1;
        const value = alone ? alias : String(index);
        return { value, label: alias || value, detail: `${index}  ${text(on ? "kasa.outletOn" : "kasa.outletOff")}` };
      }),
    };
  }

  /** Gives the dialog of a Kasa device its lists. */
  homenet.kasaDevice = () => {
    const account = () => $("#node-input-account").val();
    const device = () => ($("#node-input-deviceType").val() === "str" ? $("#node-input-device").val().trim() : "");
    const devices = homenet.list({ field: "#node-input-device", rows: () => homenet.kasaDevices(account()) });
    const list = homenet.list({ field: "#node-input-outlet", rows: () => outlets(account(), device()) });
    $("#node-input-account").on("change", () => devices.forget());
    $("#node-input-account, #node-input-device").on("change", () => list.forget());
  };
})();
