const FIRST_KEY = 0xab;

/** The autokey cipher: each byte of the cipher text is the key of the next byte (kasa-local.md section 2). */
export function scramble(plain: Buffer): Buffer {
  const cipher = Buffer.alloc(plain.length);
  for (let index = 0, key = FIRST_KEY; index < plain.length; index++) {
    key = plain.readUInt8(index) ^ key;
    cipher.writeUInt8(key, index);
  }
  return cipher;
}

export function unscramble(cipher: Buffer): Buffer {
  const plain = Buffer.alloc(cipher.length);
  for (let index = 0, key = FIRST_KEY; index < cipher.length; index++) {
    plain.writeUInt8(cipher.readUInt8(index) ^ key, index);
    key = cipher.readUInt8(index);
  }
  return plain;
}
