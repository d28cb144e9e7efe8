import { createPublicKey, sign, verify } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { Secret } from '@neco/core';
import { publicKeyFingerprint } from '@neco/vault-pki';
import * as z from 'zod';

/** What a request carries to show that its sender owns a key. */
export const keyProofSchema = z.object({
  /** SubjectPublicKeyInfo, PEM. */
  publicKey: z.string(),
  /** Of the connection's binding, in base64. */
  signature: z.string(),
});

export type KeyProof = z.infer<typeof keyProofSchema>;

const bindingLength = 32;

/**
 * A value that only the two ends of this TLS connection know, and that no other connection has: what is signed over it
 * is worth nothing elsewhere, so no nonce has to be asked for (RFC 8446, 7.5, and RFC 9266).
 * https://nodejs.org/docs/latest-v24.x/api/tls.html#tlssocketexportkeyingmateriallength-label-context
 */
export function channelBinding(socket: TLSSocket): Buffer {
  return socket.exportKeyingMaterial(bindingLength, 'EXPORTER-neco-rendezvous-key', Buffer.alloc(0));
}

/** Shows over one connection that the private key (PEM) is one's own. */
export function proveKey(key: Secret, binding: Buffer): KeyProof {
  const publicKey = createPublicKey(key.reveal()).export({ type: 'spki', format: 'pem' }).toString();
  return { publicKey, signature: sign('sha256', binding, key.reveal()).toString('base64') };
}

/** The fingerprint of the key whose owner sent this over this connection; nothing where it proves nothing. */
export function provedFingerprint(proof: KeyProof, binding: Buffer): string | undefined {
  try {
    const proves = verify('sha256', binding, proof.publicKey, Buffer.from(proof.signature, 'base64'));
    return proves ? publicKeyFingerprint(proof.publicKey) : undefined;
  } catch {
    return undefined;
  }
}
