// As much of Node-RED's editor as these scripts use (https://nodered.org/docs/api/ui/).

declare const RED: {
  /** A text of a catalog, with its placeholders filled in. */
  _(key: string, values?: Readonly<Record<string, number | string>>): string;
  settings: { context?: { stores?: string[] } };
  nodes: { getType(type: string): { defaults: object; credentials: object } };
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
