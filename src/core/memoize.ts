const MAX_ENTRIES = 500;
/** A longer one is found out anew each time: what others send must not fill the memory. */
const MAX_KEY_LENGTH = 500;

/**
 * Keeps what a function of a text brought: flows ask for the same few again and again.
 * @param make a pure function; what it throws is not kept
 */
export function memoize<T extends object | string | boolean>(make: (text: string) => T): (text: string) => T {
  const all = new Map<string, T>();
  return (text) => {
    const found = all.get(text);
    if (found !== undefined) return found;
    const made = make(text);
    if (text.length > MAX_KEY_LENGTH) return made;
    if (all.size >= MAX_ENTRIES) all.clear();
    all.set(text, made);
    return made;
  };
}
