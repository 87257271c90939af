// The dialog of a kasa-device: what can be chosen depends on the device.
import { unsavedConfigNode } from "../config/unsaved-config";
import { fetchList, text, valueOf } from "../core";
import { addCombobox, type Rows } from "../lists/combobox";
import { fetchDevices, fetchOutlets } from "./kasa-lists";

/** What a device can do. */
interface Abilities {
  commands: string[];
  /** The properties that `set` takes. */
  settings: string[];
  effects?: string[];
  presets?: object[];
  /** Kelvin. */
  colorTempRange?: [lowest: number, highest: number];
}

type Setting = Record<string, unknown>;

/** What is offered while the device is not known, or does not respond. */
const UNKNOWN: Abilities = { commands: [], settings: ["on", "brightness", "hue", "colorTemp"] };
const WHITE: readonly [number, number] = [2500, 6500];
const LEVELS = [10, 25, 50, 75, 100];

/** Values to begin with, for the commands whose values do not depend on the device. */
const EXAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  history: ["day", "month", { by: "day", from: "2026-11-01", to: "2026-11-30" }],
  countdown: [{ afterS: 600, on: false }, { afterS: 3600, on: false }, { afterS: 600, on: true }, null],
  schedule: [{ enabled: false }, { enabled: true }],
  raw: [{ system: { get_sysinfo: {} } }, { time: { get_time: {} } }],
};

/** What cannot be set together with a property: it is dropped when that one is chosen. */
const EXCLUDES: Readonly<Record<string, readonly string[]>> = {
  brightness: ["preset"],
  hue: ["colorTemp", "effect", "preset"],
  colorTemp: ["hue", "saturation", "effect", "preset"],
};

/** Sets up the dialog of a `kasa-device`. */
export function kasaDeviceDialog(): void {
  const account = (): string => valueOf("#node-input-account");
  const device = (): string =>
    valueOf("#node-input-deviceType") === "str" ? valueOf("#node-input-device").trim() : "";
  const command = (): string => valueOf("#node-input-command");
  let abilities = UNKNOWN;

  const devices = addCombobox({ field: "#node-input-device", fetchRows: () => fetchDevices(account()) });
  const outlets = addCombobox({ field: "#node-input-outlet", fetchRows: () => fetchOutlets(account(), device()) });
  const values = addCombobox({
    field: "#node-input-value",
    fetchRows: async () => valueRows(command(), abilities, valueOf("#node-input-outlet").trim() !== ""),
  });
  const controls = addControls();

  const show = (): void => {
    values.invalidate();
    controls.show(command() === "set", abilities);
    $("#node-input-command option").each((_, option) => {
      const { value } = option as HTMLOptionElement;
      const isMissing = abilities.commands.length > 0 && !abilities.commands.includes(value);
      // What was saved stays.
      $(option).prop("disabled", isMissing && value !== command());
    });
  };
  const refresh = async (): Promise<void> => {
    const [asked, at] = [device(), account()];
    // Opening a dialog must not sign in with credentials that nobody has deployed.
    const mayAsk = asked && !unsavedConfigNode("kasa-account", at);
    const response = mayAsk ? await fetchList<Abilities>("kasa-account", at, "outlets", { device: asked }) : undefined;
    if (asked !== device() || at !== account()) return;
    abilities = response && !response.error && response.settings ? response : UNKNOWN;
    show();
  };
  const refreshed = (): void => void refresh().catch(() => undefined);
  $("#node-input-account").on("change", () => devices.invalidate());
  $("#node-input-account, #node-input-device").on("change", () => {
    outlets.invalidate();
    refreshed();
  });
  $("#node-input-command, #node-input-outlet").on("change", show);
  show();
  refreshed();
}

function valueRows(command: string, { settings, effects = [], presets = [] }: Abilities, isOutlet: boolean): Rows {
  if (command !== "set") return { rows: (EXAMPLES[command] ?? []).map((value) => ({ value: toText(value) })) };
  const has = (name: string): boolean => !isOutlet && settings.includes(name);
  const objects: Setting[] = [
    ...(has("brightness") ? LEVELS.map((brightness) => ({ brightness })) : []),
    ...(has("effect") ? [...effects.map((effect) => ({ effect })), { effect: null }] : []),
    ...(has("led") ? [{ led: true }, { led: false }] : []),
  ];
  return {
    rows: [
      ...["on", "off", "toggle"].map((value) => ({ value })),
      ...objects.map((value) => ({ value: toText(value) })),
      ...(has("preset") ? presets : []).map((preset, index) => ({
        value: toText({ preset: index }),
        detail: toText(preset),
      })),
    ],
  };
}

const toText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));

/** Adds the sliders and the colour picker below the value: they write what they show into it, as text. */
function addControls(): { show: (isSet: boolean, abilities: Abilities) => void } {
  const level = addControl("brightness", "adjust", '<input type="range" min="1" max="100" />');
  const colour = addControl("colour", "tint", '<input type="color" />');
  const white = addControl("white", "sun-o", '<input type="range" step="100" />');
  level.input.on("input", () => choose({ brightness: Number(level.input.val()) }));
  colour.input.on("input", () => choose(toHue(valueOf(colour.input))));
  white.input.on("input", () => choose({ colorTemp: Number(white.input.val()) }));
  return {
    show(isSet, { settings, colorTempRange: [lowest, highest] = WHITE }) {
      level.row.toggle(isSet && settings.includes("brightness"));
      colour.row.toggle(isSet && settings.includes("hue"));
      white.row.toggle(isSet && settings.includes("colorTemp"));
      white.input.attr({ min: lowest, max: highest });
      const { brightness, colorTemp } = currentSetting();
      if (typeof brightness === "number") level.input.val(brightness);
      if (typeof colorTemp === "number") white.input.val(colorTemp);
    },
  };
}

function addControl(name: string, icon: string, html: string): { row: JQuery; input: JQuery } {
  const id = `homenet-kasa-${name}`;
  const label = $("<label></label>")
    .attr("for", id)
    .append($("<i></i>").addClass(`fa fa-${icon}`), " ");
  label.append($("<span></span>").text(text(`kasa.${name}`)));
  const input = $(html).attr("id", id).css("width", "70%");
  const row = $('<div class="form-row"></div>').append(label, input);
  $("#node-input-value").closest(".form-row").nextAll(".homenet-kasa-control").addBack().last().after(row);
  return { row: row.addClass("homenet-kasa-control"), input };
}

/** What the value asks for, if it is a setting. */
function currentSetting(): Setting {
  try {
    const value: unknown = JSON.parse(valueOf("#node-input-value"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Setting) : {};
  } catch {
    return {};
  }
}

function choose(chosen: Setting): void {
  const excluded = Object.keys(chosen).flatMap((name) => EXCLUDES[name] ?? []);
  const kept = Object.entries(currentSetting()).filter(([name]) => !excluded.includes(name));
  const field = $("#node-input-value");
  field.typedInput("type", "str");
  field.typedInput("value", JSON.stringify({ ...Object.fromEntries(kept), ...chosen }));
}

/** @param colour such as `#ff8000` */
function toHue(colour: string): { hue: number; saturation: number } {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [most, least] = [Math.max(red, green, blue), Math.min(red, green, blue)];
  const range = most - least;
  if (range === 0) return { hue: 0, saturation: 0 };
  const sixth =
    most === red ? (green - blue) / range : most === green ? 2 + (blue - red) / range : 4 + (red - green) / range;
  return { hue: Math.round(((sixth + 6) % 6) * 60) % 360, saturation: Math.round((range / most) * 100) };
}
