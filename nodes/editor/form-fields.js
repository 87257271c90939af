// Between a text that holds a JSON object and the fields of a form. It knows of no page, and loses nothing.
(function () {
  "use strict";

  /**
   * A value that is asked for.
   * @typedef {object} Field
   * @property {"path" | "query" | "body"} in
   * @property {string[]} at its name, or the names that lead to it
   * @property {"string" | "integer" | "number" | "boolean" | "list" | "json"} type
   * @property {"string" | "integer" | "number" | "boolean"} [items] of a list
   * @property {boolean} required
   * @property {(string | number | boolean)[]} [choices] all that it can be
   * @property {string | number | boolean} [default]
   * @property {number} [minimum]
   * @property {number} [maximum]
   * @property {string} [description]
   */

  /**
   * Reads a text as what a form can change: a JSON object that is written the same way when it is written again.
   * @param {string} text blank is an empty object
   * @returns {{value?: object, lines?: boolean, problem?: "json" | "object" | "exact"}}
   */
  function open(text) {
    if (text.trim() === "") return { value: {}, lines: false };
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      return { problem: "json" };
    }
    if (!isObject(value)) return { problem: "object" };
    // A number too long for JavaScript, a name that stands twice: writing it again would lose something.
    if (JSON.stringify(value) !== withoutSpaces(text)) return { problem: "exact" };
    return { value, lines: text.includes("\n") };
  }

  /**
   * Writes what `open` has read.
   * @param {{value: object, lines: boolean}} opened
   * @returns {string} blank for an empty object: the node then reads the message
   */
  function write({ value, lines }) {
    return Object.keys(value).length === 0 ? "" : JSON.stringify(value, null, lines ? 4 : 0);
  }

  /**
   * What an object has for a field.
   * @param {object} object
   * @param {Field} field
   */
  function get(object, field) {
    const way = ways(field).find((names) => has(object, names));
    return way && way.reduce((inner, name) => inner[name], object);
  }

  /**
   * Puts a value where the field has its place; undefined takes it away.
   * @param {object} object
   * @param {Field} field
   * @param {unknown} value
   * @returns {boolean} whether there was a place
   */
  function put(object, field, value) {
    const all = ways(field);
    const names = all.find((way) => has(object, way)) || all[0];
    return value === undefined ? remove(object, names) : set(object, names, value);
  }

  /**
   * The names at the top of an object that no field stands for.
   * @param {object} object
   * @param {Field[]} fields
   */
  function others(object, fields) {
    const known = new Set(fields.filter((field) => get(object, field) !== undefined).flatMap(tops(object)));
    return Object.keys(object).filter((name) => !known.has(name));
  }

  function tops(object) {
    return (field) => ways(field).find((names) => has(object, names))[0];
  }

  // `filters.x` in a query may be written as {"filters": {"x": …}} as well, and the other way round in a body that is
  // read by POST; the nodes take both.
  function ways({ in: place, at }) {
    const dot = at.length === 1 ? at[0].indexOf(".") : -1;
    if (place === "query" && dot > 0) return [at, [at[0].slice(0, dot), at[0].slice(dot + 1)]];
    return place === "query" && at.length > 1 ? [at, [at[0] + "." + at.slice(1).join(".")]] : [at];
  }

  function has(object, names) {
    let inner = object;
    for (const name of names) {
      if (!isObject(inner) || !Object.hasOwn(inner, name)) return false;
      inner = inner[name];
    }
    return true;
  }

  function set(object, names, value) {
    let inner = object;
    for (const name of names.slice(0, -1)) {
      if (!Object.hasOwn(inner, name)) define(inner, name, {});
      inner = inner[name];
      if (!isObject(inner)) return false;
    }
    define(inner, names[names.length - 1], value);
    return true;
  }

  // Objects that the form has made go when nothing is left in them.
  function remove(object, names) {
    const [name, ...rest] = names;
    if (!isObject(object) || !Object.hasOwn(object, name)) return true;
    if (rest.length > 0) remove(object[name], rest);
    if (rest.length === 0 || (isObject(object[name]) && Object.keys(object[name]).length === 0)) delete object[name];
    return true;
  }

  // Whatever a name is: one of them would set something else.
  function define(object, name, value) {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  }

  /**
   * A value as a person reads and types it.
   * @param {Field} field
   * @param {unknown} value
   */
  function toText(field, value) {
    if (value === undefined) return "";
    if (field.type === "list" && Array.isArray(value) && value.every(isPlain)) return value.join(", ");
    // What was typed and was no JSON is kept as a text.
    const bare = typeof value === "string" && (field.type !== "json" || parsed(value).problem);
    return bare ? value : JSON.stringify(value);
  }

  /**
   * What a person has typed, as a value.
   * @param {Field} field
   * @param {string} text
   * @returns {{value?: unknown, problem?: "integer" | "number" | "boolean" | "json" | "choice" | "minimum" | "maximum"}}
   *   neither for a blank text
   */
  function toValue(field, text) {
    const bare = text.trim();
    if (bare === "") return {};
    if (field.type === "json") return parsed(bare);
    if (field.type !== "list") return one(field, field.type === "string" ? text : bare, field.type);
    if (bare.startsWith("[")) return parsed(bare);
    const items = bare.split(",").map((item) => one(field, item.trim(), field.items || "string"));
    return items.find(({ problem }) => problem) || { value: items.map(({ value }) => value) };
  }

  function one({ choices, minimum, maximum }, text, type) {
    const read = typed(text, type);
    if (read.problem) return read;
    if (choices && !choices.includes(read.value)) return { problem: "choice" };
    if (minimum !== undefined && read.value < minimum) return { problem: "minimum" };
    if (maximum !== undefined && read.value > maximum) return { problem: "maximum" };
    return read;
  }

  function typed(text, type) {
    const number = Number(text);
    switch (type) {
      case "integer":
        return /^-?\d+$/.test(text) && Number.isSafeInteger(number) ? { value: number } : { problem: type };
      case "number":
        return text !== "" && Number.isFinite(number) ? { value: number } : { problem: type };
      case "boolean":
        return text === "true" || text === "false" ? { value: text === "true" } : { problem: type };
      default:
        return { value: text };
    }
  }

  function parsed(text) {
    try {
      return { value: JSON.parse(text) };
    } catch {
      return { problem: "json" };
    }
  }

  function isPlain(item) {
    return (
      typeof item === "number" || (typeof item === "string" && /^[^\s,[][^,]*$/.test(item) && item === item.trim())
    );
  }

  function isObject(value) {
    return typeof value === "object" && value !== null && !Array.isArray(value);
  }

  function withoutSpaces(text) {
    return text.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (part) => (part.startsWith('"') ? part : ""));
  }

  homenet.fields = { open, write, get, put, others, toText, toValue };
})();
