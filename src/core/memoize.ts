const MAX_ENTRIES = 500;
/** Results for longer texts are not cached: what others send must not fill the memory. */
const MAX_KEY_LENGTH = 500;

/**
 * Caches the results of a function of a text: flows ask for the same few again and again.
 * @param compute a pure function; when it throws, nothing is cached
 */
export function memoize<T extends object | string | boolean>(compute: (text: string) => T): (text: string) => T {
  const cache = new Map<string, T>();
  return (text) => {
    const cached = cache.get(text);
    if (cached !== undefined) return cached;
    const result = compute(text);
    if (text.length > MAX_KEY_LENGTH) return result;
    if (cache.size >= MAX_ENTRIES) cache.clear();
    cache.set(text, result);
    return result;
  };
}
