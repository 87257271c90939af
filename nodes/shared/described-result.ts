/**
 * What the status below a node says of a result: a text of the message catalog, with the number in it where it has one, or
 * a text that is the same in every language.
 */
export type Description = ({ key: string; count?: number } | { text: string }) & {
  /** Whether it is shown in yellow: it went through, and somebody should have a look. */
  isDoubtful?: boolean;
};

/** The result of an action whose status says what is, instead of that it is done. */
export class DescribedResult {
  constructor(
    readonly payload: unknown,
    readonly description: Description,
  ) {}
}
