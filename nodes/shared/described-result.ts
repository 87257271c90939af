/** What the status below a node says of a result: a text of the message catalog, or one that is the same in every language. */
export type Description = { key: string } | { text: string };

/** The result of an action whose status says what is, instead of that it is done. */
export class DescribedResult {
  constructor(
    readonly payload: unknown,
    readonly description: Description,
  ) {}
}
