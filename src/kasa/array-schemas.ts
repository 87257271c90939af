import { z } from "zod";
import { readableRows } from "../http/response";

/** A response with more of them than this is no list with a faulty entry. */
const MAX_UNREADABLE_ITEMS = 100;

/** Like `z.array`, but stops at the first invalid item: `z.array` collects every issue, and there may be millions of items. */
export function failFastArray<S extends z.ZodType>(item: S) {
  return z.array(z.unknown()).transform((values, context) => {
    const items: z.infer<S>[] = [];
    for (const [index, value] of values.entries()) {
      const { data, error } = item.safeParse(value);
      if (error) {
        const path = [index, ...(error.issues[0]?.path ?? [])];
        context.addIssue({ code: "custom", path });
        return z.NEVER;
      }
      items.push(data);
    }
    return items;
  });
}

/** The items that can be read, where one that cannot must not cost the others. Where none can be read, there is no array. */
export function readableArray<S extends z.ZodType>(item: S) {
  return z.array(z.unknown()).transform((values, context) => {
    const items = readableRows(item, values, MAX_UNREADABLE_ITEMS);
    if (items.length > 0 || values.length === 0) return items;
    context.addIssue({ code: "custom", path: [0] });
    return z.NEVER;
  });
}
