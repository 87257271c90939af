import { isPlainObject } from "../../core/encoding";

/** A JSON object of unknown shape. */
export type JsonObject = Readonly<Record<string, unknown>>;

export type Scalar = "string" | "integer" | "number" | "boolean";

/** A value that an operation takes. Its texts come from the controller: they must be shown as text, never as HTML. */
export interface Field {
  in: "path" | "query" | "body";
  /** Its name; in a body the names that lead to it. */
  at: readonly string[];
  /** `list`: of `items`; `json`: any JSON value. */
  type: Scalar | "list" | "json";
  items?: Scalar;
  required: boolean;
  /** The allowed values, if they are limited. */
  choices?: (string | number | boolean)[];
  default?: string | number | boolean;
  minimum?: number;
  maximum?: number;
  description?: string;
}

/** The fields of a body. */
export interface BodySpec {
  fields: readonly Field[];
  /** Whether there are more fields than these: then it is better written as JSON. */
  partial: boolean;
}

/** Nobody fills in more fields than that; the others can still be written as JSON. */
const MAX_FIELDS = 120;
const MAX_DEPTH = 4;
const MAX_CHOICES = 100;
const MAX_NAME_LENGTH = 100;
const MAX_TEXT_LENGTH = 400;
/** Of a schema that is composed of others. */
const MAX_COMPOSED_SCHEMAS = 10;
/** In a whole description; the largest known has a tenth of it. */
const MAX_FIELDS_IN_SPEC = 100_000;
const MAX_REFERENCE_LENGTH = 500;

/** The object itself; an empty one for anything else. */
export function toObject(value: unknown): JsonObject {
  return isPlainObject(value) ? value : {};
}

/** A text on one line; blank for anything else. */
export function toText(value: unknown, maxLength = MAX_TEXT_LENGTH): string {
  return typeof value === "string" ? value.slice(0, maxLength).replace(/\s+/g, " ").trim() : "";
}

/** The properties of a schema, with those of the schemas that it is composed of. */
interface Shape {
  properties: [string, unknown][];
  required: ReadonlySet<unknown>;
}

function toArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Converts the schemas of one description to fields, however they refer to each other. */
export class SchemaResolver {
  readonly #components: JsonObject;
  readonly #bodies = new Map<unknown, BodySpec>();
  /** Each schema is read once, however often others refer to it. */
  readonly #shapes = new Map<JsonObject, Shape>();
  readonly #parts = new Map<JsonObject, Shape>();
  #fieldsLeft = MAX_FIELDS_IN_SPEC;

  /** @param components the targets of the description's references */
  constructor(components: unknown) {
    this.#components = toObject(components);
  }

  /** The target of a reference; any other object itself. */
  resolve(value: unknown): JsonObject {
    let object = toObject(value);
    for (let step = 0; step < MAX_DEPTH && typeof object["$ref"] === "string"; step++)
      object = this.#target(object["$ref"]);
    return typeof object["$ref"] === "string" ? {} : object;
  }

  /** The fields of a parameter. A schema with properties stands for one parameter per property (omada.md section 5). */
  parameter(value: unknown): Field[] {
    if (this.#fieldsLeft <= 0) return [];
    const parameter = this.resolve(value);
    const { in: place, name } = parameter;
    if ((place !== "path" && place !== "query") || !isName(name)) return [];
    const schema = this.resolve(parameter["schema"]);
    const required = place === "path" || parameter["required"] === true;
    const properties = place === "query" ? this.#shape(schema).properties : [];
    if (properties.length === 0) return this.#take([this.#field(schema, place, [name], required, parameter)]);
    const { required: requiredNames } = this.#shape(schema);
    return this.#take(
      properties.map(([inner, innerSchema]) => this.#field(innerSchema, place, [inner], requiredNames.has(inner), {})),
    );
  }

  /** The fields of a body and of its nested objects. */
  body(schema: unknown): BodySpec {
    // Cached, because many operations share a body.
    const { $ref: key = schema } = toObject(schema);
    const cached = this.#bodies.get(key);
    if (cached) return cached;
    if (this.#fieldsLeft <= 0) return { fields: [], partial: true };
    const all: Field[] = [];
    this.#flatten(schema, [], true, new Set(), all);
    const fields = this.#take(all.slice(0, MAX_FIELDS));
    const body = { fields, partial: fields.length < all.length };
    this.#bodies.set(key, body);
    return body;
  }

  // A few lines can refer to each other in a way that expands to millions of fields.
  #take(fields: Field[]): Field[] {
    const taken = fields.slice(0, this.#fieldsLeft);
    this.#fieldsLeft -= taken.length;
    return taken;
  }

  // A schema that contains itself, or is nested too deeply, becomes a field that takes JSON.
  #flatten(value: unknown, at: string[], required: boolean, parents: ReadonlySet<JsonObject>, fields: Field[]): void {
    const schema = this.resolve(value);
    const properties = at.length < MAX_DEPTH && !parents.has(schema) ? this.#shape(schema).properties : [];
    if (properties.length === 0 && at.length > 0)
      fields.push(this.#field(schema, "body", at, required, toObject(value)));
    const { required: requiredNames } = this.#shape(schema);
    for (const [name, inner] of properties) {
      if (fields.length > MAX_FIELDS) return;
      const isRequired = required && requiredNames.has(name);
      this.#flatten(inner, [...at, name], isRequired, new Set([...parents, schema]), fields);
    }
  }

  #field(value: unknown, place: Field["in"], at: string[], required: boolean, parent: JsonObject): Field {
    const schema = this.resolve(value);
    const items = scalarType(this.resolve(schema["items"]));
    const type = scalarType(schema) ?? (schema["type"] === "array" && items ? "list" : "json");
    const allowed = type === "list" ? this.resolve(schema["items"])["enum"] : schema["enum"];
    // The directions of sorting are mentioned in descriptions only.
    const isSorting = type === "string" && (at[0] ?? "").startsWith("sorts.");
    const choices = isSorting ? ["asc", "desc"] : toScalars(allowed);
    const [defaultValue] = toScalars([schema["default"]]);
    const description = toText(parent["description"]) || toText(schema["description"]);
    const { minimum, maximum } = schema;
    return {
      in: place,
      at,
      type,
      required,
      ...(type === "list" && items ? { items } : {}),
      ...(choices.length > 0 ? { choices } : {}),
      ...(defaultValue === undefined ? {} : { default: defaultValue }),
      ...(typeof minimum === "number" ? { minimum } : {}),
      ...(typeof maximum === "number" ? { maximum } : {}),
      ...(description ? { description } : {}),
    };
  }

  #shape(schema: JsonObject): Shape {
    const cached = this.#shapes.get(schema);
    if (cached) return cached;
    const parts = this.#composition(schema).map((part) => this.#parsePart(part));
    const properties = parts.flatMap((part) => part.properties).slice(0, MAX_FIELDS + 1);
    const required = new Set(
      properties.map(([name]) => name).filter((name) => parts.some((part) => part.required.has(name))),
    );
    const shape = { properties, required };
    this.#shapes.set(schema, shape);
    return shape;
  }

  // Without the schemas that it is composed of.
  #parsePart(schema: JsonObject): Shape {
    const cached = this.#parts.get(schema);
    if (cached) return cached;
    const entries = Object.entries(toObject(schema["properties"]));
    const properties = entries.filter(([name]) => isName(name)).slice(0, MAX_FIELDS + 1);
    const part = { properties, required: new Set(toArray(schema["required"])) };
    this.#parts.set(schema, part);
    return part;
  }

  // The schemas that a schema is composed of, itself included.
  #composition(schema: JsonObject): JsonObject[] {
    const parts = toArray(schema["allOf"]).slice(0, MAX_COMPOSED_SCHEMAS);
    return [...new Set(parts.map((part) => this.resolve(part))), schema];
  }

  #target(reference: string): JsonObject {
    if (reference.length > MAX_REFERENCE_LENGTH) return {};
    const [, section = "", name = ""] = /^#\/components\/(\w+)\/(.+)$/.exec(reference) ?? [];
    const unescaped = name.replaceAll("~1", "/").replaceAll("~0", "~");
    return toObject(toObject(this.#components[section])[unescaped]);
  }
}

function scalarType({ type: types, enum: choices }: JsonObject): Scalar | undefined {
  const type: unknown = Array.isArray(types) ? types.slice(0, 2).find((one) => one !== "null") : types;
  if (type === "string" || type === "integer" || type === "number" || type === "boolean") return type;
  return type === undefined && Array.isArray(choices) ? "string" : undefined;
}

function toScalars(values: unknown): (string | number | boolean)[] {
  if (!Array.isArray(values)) return [];
  const isScalar = (value: unknown): value is string | number | boolean =>
    typeof value === "number" ||
    typeof value === "boolean" ||
    (typeof value === "string" && value.length <= MAX_TEXT_LENGTH);
  return values
    .slice(0, 2 * MAX_CHOICES)
    .filter(isScalar)
    .slice(0, MAX_CHOICES);
}

// Assigning a property named __proto__ sets the prototype instead.
function isName(name: unknown): name is string {
  return typeof name === "string" && name !== "" && name.length <= MAX_NAME_LENGTH && name !== "__proto__";
}
