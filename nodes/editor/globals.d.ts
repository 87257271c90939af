// As much of Node-RED's editor as these scripts use (https://nodered.org/docs/api/ui/).

/** A node as the editor has it, with its saved properties. */
interface EditorNode {
  id: string;
  type: string;
  /** The flow or subflow that it belongs to; none for one of all flows. */
  z?: string;
  /** Whether it was added or changed since the last deploy. */
  changed?: boolean;
  /** As typed; for a secret that the runtime has, `has_<name>`. Left out until its dialog was opened. */
  credentials?: Readonly<Record<string, unknown>>;
  [property: string]: unknown;
}

declare const RED: {
  /** A text of a catalog, with its placeholders filled in. */
  _(key: string, values?: Readonly<Record<string, number | string>>): string;
  settings: { context?: { stores?: string[] } };
  nodes: {
    node(id: string): EditorNode | null | undefined;
    getType(type: string): { defaults: object; credentials: object };
  };
  /** `active` is the id of the flow or subflow that is being edited. */
  workspaces: { active(): string };
  notify(content: JQuery, options: { type: "error" }): void;
};

interface JQuery {
  /** Makes an input a typedInput. */
  typedInput(options: { types: string[]; default?: string; typeField?: string }): this;
  typedInput(method: "type" | "value"): string;
  typedInput(method: "type" | "value" | "width", value: string): this;
}
