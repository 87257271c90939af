import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { translateError } from "../../nodes/shared/sentences";
import { catalogOf } from "../repo/dialog-definition";

/** A catalog's texts, as a dialog asks for them. */
const textsIn = (language: string) => {
  const catalog = catalogOf("homenet-editor", language);
  return (key: string): string => catalog.get(key) ?? `no text: ${key}`;
};

describe("An error in the user's language", () => {
  it("is the sentence that the core wrote, in English", () => {
    const error = { code: "network", message: "The Omada controller refused the connection." };

    assert.equal(translateError(error, textsIn("en-US")), undefined);
    assert.equal(
      translateError(error, (key) => key),
      undefined,
      "where there is no catalog",
    );
  });

  it("is a sentence of its own for what a first contact meets", () => {
    const sentences: [code: string, english: string, german: RegExp][] = [
      ["network", "The Omada controller refused the connection. Check the address.", /Verbindung wurde abgelehnt/],
      ["network", "The server's name could not be resolved. Check the address and the DNS. (ENOTFOUND)", /unbekannt/],
      ["tls", "The server's certificate is self-signed. Pin its SHA-256 fingerprint.", /selbst signiert/],
      ["tls", "The server shows another certificate than the pinned one. Expected A, seen B.", /anderes Zertifikat/],
      ["not-found", "This is not Kasa's cloud (HTTP 404). Leave Server blank.", /nicht die Kasa-Cloud/],
      ["config", "Enter the e-mail address and password of the Kasa account, or a refresh token.", /E-Mail-Adresse/],
      ["sign-in", "Kasa's cloud refuses the e-mail address or the password.", /Anmeldedaten/],
      ["timeout", "No complete response from the Peplink router within 15 s (connecting).", /Keine Antwort/],
    ];
    for (const [code, message, german] of sentences) {
      const { text = "", isGeneral } = translateError({ code, message }, textsIn("de")) ?? {};
      assert.match(text, german);
      assert.equal(isGeneral, false, message);
    }
  });

  it("is explained by its code otherwise, in every language that has one", () => {
    for (const code of "input config sign-in forbidden not-found rejected unsupported offline busy network tls timeout protocol cancelled".split(
      " ",
    ))
      for (const language of readdirSync("nodes/locales").filter((name) => name !== "en-US")) {
        const { text = "", isGeneral } = translateError({ code, message: "Something else." }, textsIn(language)) ?? {};
        assert.ok(text !== "" && !text.startsWith("no text"), `${language} ${code}`);
        assert.equal(isGeneral, true);
      }
  });

  it("has a sentence for each key, and each key a sentence of the core", () => {
    const table = readFileSync("nodes/shared/sentences.ts", "utf8");
    const keys = [...table.matchAll(/\/, "(\w+)"\],$/gm)].map(([, key = ""]) => key);
    const texts = [...catalogOf("homenet-editor", "en-US").keys()].filter((key) => key.startsWith("sentence."));

    assert.deepEqual(texts.toSorted(), ["sentence.language", ...keys.map((key) => `sentence.${key}`)].toSorted());
  });
});
