import { z } from "zod";

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
