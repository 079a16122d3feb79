import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';

const { Payload: Message } = proto.temporal.api.common.v1;
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (data?: Uint8Array | null) => new TextDecoder().decode(data ?? undefined);

/** Encrypts payloads with the SMS workers' keys, in a file created by `worker keys new`. */
export class EncryptionCodec implements PayloadCodec {
  private readonly current: string;
  private readonly keys: Map<string, Buffer>;

  constructor(path: string) {
    const file: { current: string; keys: { id: string; key: string }[] } = JSON.parse(readFileSync(path, 'utf8'));
    this.current = file.current;
    this.keys = new Map(file.keys.map(({ id, key }) => [id, Buffer.from(key, 'base64')]));
  }

  async encode(payloads: Payload[]): Promise<Payload[]> {
    if (!this.current) return payloads;
    return payloads.map((payload) => {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', this.key(this.current), nonce);
      const data = Buffer.concat([nonce, cipher.update(Message.encode(payload).finish()), cipher.final(), cipher.getAuthTag()]);
      return { metadata: { encoding: bytes('binary/encrypted'), 'encryption-key-id': bytes(this.current) }, data };
    });
  }

  async decode(payloads: Payload[]): Promise<Payload[]> {
    return payloads.map((payload) => {
      if (text(payload.metadata?.encoding) !== 'binary/encrypted' || !payload.data) return payload;
      const data = payload.data;
      const decipher = createDecipheriv('aes-256-gcm', this.key(text(payload.metadata?.['encryption-key-id'])), data.subarray(0, 12));
      decipher.setAuthTag(data.subarray(-16));
      return Message.decode(Buffer.concat([decipher.update(data.subarray(12, -16)), decipher.final()]));
    });
  }

  private key(id: string): Buffer {
    const key = this.keys.get(id);
    if (!key) throw new Error(`there is no key "${id}"`);
    return key;
  }
}
