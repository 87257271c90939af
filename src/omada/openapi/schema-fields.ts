/** A JSON object of which nothing is known yet. */
export type Row = Readonly<Record<string, unknown>>;

export type Scalar = "string" | "integer" | "number" | "boolean";

/** A value that an operation takes. Its texts are somebody else's: they must be shown as text. */
export interface Field {
  in: "path" | "query" | "body";
  /** Its name; in a body the names that lead to it. */
  at: readonly string[];
  /** `list`: of `items`; `json`: whatever JSON can hold. */
  type: Scalar | "list" | "json";
  items?: Scalar;
  required: boolean;
  /** All that it can be. */
  choices?: (string | number | boolean)[];
  default?: string | number | boolean;
  minimum?: number;
  maximum?: number;
  description?: string;
}

/** Nobody fills in more than that; what is left out can still be written as JSON. */
const MOST_FIELDS = 120;
const DEEPEST = 4;
const MOST_CHOICES = 100;
const LONGEST_NAME = 100;
const LONGEST_TEXT = 400;
/** In one whole description; the largest known has a tenth of it. */
const MOST_FIELDS_IN_ALL = 100_000;

/** An object; an empty one for anything else. */
export function rowOf(value: unknown): Row {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Row) : {};
}

/** A text on one line; empty for anything else. */
export function textOf(value: unknown, longest = LONGEST_TEXT): string {
  return typeof value === "string" ? value.slice(0, longest).replace(/\s+/g, " ").trim() : "";
}

/** What a body is made of. */
export interface Body {
  fields: readonly Field[];
  /** Whether there is more to it than its fields: then it is better written as JSON. */
  partial: boolean;
}

/** Turns the schemas of one description into fields, however they refer to one another. */
export class Schemas {
  readonly #components: Row;
  readonly #bodies = new Map<unknown, Body>();
  #left = MOST_FIELDS_IN_ALL;

  /** @param components what the description's references lead to */
  constructor(components: unknown) {
    this.#components = rowOf(components);
  }

  /** What a reference stands for; an object that is none stands for itself. */
  resolve(value: unknown): Row {
    let row = rowOf(value);
    for (let step = 0; step < DEEPEST && typeof row["$ref"] === "string"; step++) row = this.#target(row["$ref"]);
    return typeof row["$ref"] === "string" ? {} : row;
  }

  /** The fields of a parameter. A schema with properties stands for that many parameters (omada.md section 5). */
  parameter(value: unknown): Field[] {
    const parameter = this.resolve(value);
    const { in: place, name } = parameter;
    if ((place !== "path" && place !== "query") || !isName(name)) return [];
    const schema = this.resolve(parameter["schema"]);
    const required = place === "path" || parameter["required"] === true;
    const inner = place === "query" ? this.#properties(schema) : [];
    if (inner.length === 0) return this.#kept([this.#field(schema, place, [name], required, parameter)]);
    const needed = this.#needed(schema);
    return this.#kept(inner.map(([own, each]) => this.#field(each, place, [own], needed.has(own), {})));
  }

  /** The fields of a body and of the objects in it. */
  body(schema: unknown): Body {
    // Many operations share a body: flattened once.
    const { $ref: key = schema } = rowOf(schema);
    const known = this.#bodies.get(key);
    if (known) return known;
    const found: Field[] = [];
    this.#collect(schema, [], true, new Set(), found);
    const fields = this.#kept(found.slice(0, MOST_FIELDS));
    const body = { fields, partial: fields.length < found.length };
    this.#bodies.set(key, body);
    return body;
  }

  // A few lines can refer to one another so that they stand for millions.
  #kept(fields: Field[]): Field[] {
    const kept = fields.slice(0, this.#left);
    this.#left -= kept.length;
    return kept;
  }

  // What holds itself, or goes too deep, ends as a field that takes JSON.
  #collect(value: unknown, at: string[], required: boolean, above: ReadonlySet<Row>, fields: Field[]): void {
    const schema = this.resolve(value);
    const inner = at.length < DEEPEST && !above.has(schema) ? this.#properties(schema) : [];
    if (inner.length === 0 && at.length > 0) fields.push(this.#field(schema, "body", at, required, rowOf(value)));
    const needed = this.#needed(schema);
    for (const [name, each] of inner) {
      if (fields.length > MOST_FIELDS) return;
      this.#collect(each, [...at, name], required && needed.has(name), new Set([...above, schema]), fields);
    }
  }

  #field(value: unknown, place: Field["in"], at: string[], required: boolean, about: Row): Field {
    const schema = this.resolve(value);
    const items = scalarType(this.resolve(schema["items"]));
    const type = scalarType(schema) ?? (schema["type"] === "array" && items ? "list" : "json");
    const said = type === "list" ? this.resolve(schema["items"])["enum"] : schema["enum"];
    // Sorting is described in words alone.
    const choices = type === "string" && (at[0] ?? "").startsWith("sorts.") ? ["asc", "desc"] : scalars(said);
    const [standard] = scalars([schema["default"]]);
    const description = textOf(about["description"]) || textOf(schema["description"]);
    const { minimum, maximum } = schema;
    return {
      in: place,
      at,
      type,
      required,
      ...(type === "list" && items ? { items } : {}),
      ...(choices.length > 0 ? { choices } : {}),
      ...(standard === undefined ? {} : { default: standard }),
      ...(typeof minimum === "number" ? { minimum } : {}),
      ...(typeof maximum === "number" ? { maximum } : {}),
      ...(description ? { description } : {}),
    };
  }

  #properties(schema: Row): [string, unknown][] {
    const own = this.#parts(schema).flatMap(({ properties }) => Object.entries(rowOf(properties)));
    return own.filter(([name]) => isName(name)).slice(0, MOST_FIELDS + 1);
  }

  #needed(schema: Row): Set<unknown> {
    return new Set(this.#parts(schema).flatMap(({ required }) => (Array.isArray(required) ? required : [])));
  }

  // A schema can be put together out of others.
  #parts(schema: Row): Row[] {
    const { allOf } = schema;
    return [...(Array.isArray(allOf) ? allOf.slice(0, 10).map((part) => this.resolve(part)) : []), schema];
  }

  #target(reference: string): Row {
    const [, section = "", name = ""] = /^#\/components\/(\w+)\/(.+)$/.exec(reference) ?? [];
    const plain = name.replaceAll("~1", "/").replaceAll("~0", "~");
    return rowOf(rowOf(this.#components[section])[plain]);
  }
}

function scalarType({ type, enum: choices }: Row): Scalar | undefined {
  const said: unknown = Array.isArray(type) ? type.find((one) => one !== "null") : type;
  if (said === "string" || said === "integer" || said === "number" || said === "boolean") return said;
  return said === undefined && Array.isArray(choices) ? "string" : undefined;
}

function scalars(values: unknown): (string | number | boolean)[] {
  if (!Array.isArray(values)) return [];
  const plain = (value: unknown): value is string | number | boolean =>
    typeof value === "number" ||
    typeof value === "boolean" ||
    (typeof value === "string" && value.length <= LONGEST_TEXT);
  return values.filter(plain).slice(0, MOST_CHOICES);
}

// Whoever sets a property called __proto__ sets something else.
function isName(name: unknown): name is string {
  return typeof name === "string" && name !== "" && name.length <= LONGEST_NAME && name !== "__proto__";
}
