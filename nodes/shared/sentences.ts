/** Errors of a first contact, by how their English sentence reads, with the key of the sentence that other languages have. */
const SENTENCES: readonly (readonly [english: RegExp, key: string])[] = [
  [/refused the connection\.|connection was refused\./, "refused"],
  [/name could not be resolved/, "unknownHost"],
  [/connection .*could not be made/, "notReached"],
  [/^No (complete )?response/, "noResponse"],
  [/certificate is self-signed/, "selfSigned"],
  [/another certificate than the pinned/, "otherCertificate"],
  [/certificate has expired/, "expired"],
  [/certificate is for another name/, "otherName"],
  [/certificate cannot be verified/, "unverified"],
  [/does not speak TLS here/, "noTls"],
  [/wants https here/, "wantsHttps"],
  [/^This is not Kasa's cloud/, "notKasa"],
  [/^Enter the e-mail address and password/, "enterAccount"],
  [/^Enter the client id/, "enterClient"],
  [/^Enter the user name and password/, "enterUser"],
  [/^Enter the server address/, "enterServer"],
  [/^Enter the password or secret again/, "enterAgain"],
  [/\brefuses (?!a session)/, "credentials"],
];

/** The languages that have sentences of their own. */
const TRANSLATED = ["de", "zh-CN"];

/** An error as other languages say it. */
interface Translation {
  text: string;
  /** Whether it says no more than the error's code. */
  isGeneral: boolean;
}

/**
 * Translates an error. The errors are written in English; what a first contact meets has a sentence in each language, and
 * of any other its code is explained.
 * @param text of the catalog `homenet-editor`
 * @returns undefined in English
 */
export function translateError(
  { code, message }: { code: string; message: string },
  text: (key: string) => string,
): Translation | undefined {
  if (!TRANSLATED.includes(text("sentence.language"))) return undefined;
  const key = SENTENCES.find(([english]) => english.test(message))?.[1];
  return { text: text(key ? `sentence.${key}` : `code.${code}`), isGeneral: key === undefined };
}
