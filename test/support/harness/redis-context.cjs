// A Node-RED context store in Redis: one hash per scope. The one of Node-RED's own makers is not on npm.
const { createClient } = require("@redis/client");

const list = (key) => (Array.isArray(key) ? key : [key]);

module.exports = function redisContext({ url, prefix = "nodered" }) {
  const client = createClient({ url, disableOfflineQueue: true });
  // Without a listener a lost connection would end the process; whoever asks meanwhile gets an error.
  client.on("error", () => undefined);
  const hash = (scope) => `${prefix}:${scope}`;
  const answer = (promise, callback) =>
    promise.then(
      (values) => callback(null, ...values),
      (error) => callback(error),
    );
  return {
    open: () => client.connect(),
    close: async () => client.destroy(),
    get(scope, key, callback) {
      const read = async (name) => {
        const text = await client.hGet(hash(scope), name);
        return text === null || text === undefined ? undefined : JSON.parse(text);
      };
      answer(Promise.all(list(key).map(read)), callback);
    },
    set(scope, key, value, callback) {
      const values = Array.isArray(key) ? value : [value];
      const write = (name, index) =>
        values[index] === undefined
          ? client.hDel(hash(scope), name)
          : client.hSet(hash(scope), name, JSON.stringify(values[index]));
      answer(
        Promise.all(list(key).map(write)).then(() => []),
        callback ?? (() => undefined),
      );
    },
    keys(scope, callback) {
      answer(
        client.hKeys(hash(scope)).then((names) => [names]),
        callback,
      );
    },
    delete: (scope) => client.del(hash(scope)),
    clean: async () => undefined,
  };
};
