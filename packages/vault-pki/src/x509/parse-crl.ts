import { createHash } from 'node:crypto';
import { messageOf, NecoError } from '@neco/core';
import { DerReader, derTag } from './der-reader.ts';

export interface CrlFacts {
  version: 2;
  /** When the next list is due; undefined when the list does not say. */
  nextUpdate: Date | undefined;
  /** The revoked certificates, as Vault writes serial numbers: `0a:1b:…`. */
  serials: string[];
  /** Its number: each new list of an issuer has a higher one. */
  number: bigint | undefined;
  /** Of which issuer it is, in hexadecimal: issuers of one name have different keys. */
  issuer: string;
}

/** In DER, as they stand in a list: 2.5.29.20 and 2.5.29.35. */
const extensionIds = { number: '551d14', authorityKey: '551d23' };

/**
 * Reads a revocation list as strictly as etcd does, which refuses every client when its list is invalid: DER, not PEM,
 * version 2, nothing after its end. Its signature is not checked.
 *
 * https://www.rfc-editor.org/rfc/rfc5280#section-5.1, https://pkg.go.dev/crypto/x509#ParseRevocationList
 *
 * @throws NecoError CERTIFICATE_INVALID
 */
export function parseCrl(der: Uint8Array): CrlFacts {
  if (der[0] === 0x2d) throw invalid('it is PEM, not DER');
  try {
    const outer = new DerReader(der);
    const list = outer.enter();
    outer.end();
    const facts = readList(list.enter());
    list.take(derTag.sequence);
    list.take(derTag.bitString);
    list.end();
    return facts;
  } catch (error) {
    throw error instanceof NecoError ? error : invalid(messageOf(error));
  }
}

function readList(list: DerReader): CrlFacts {
  // Version 2 is written as 1, and version 1 by leaving it out.
  if (list.takeIf(derTag.integer)?.content.join() !== '1') throw invalid('it is not of version 2');
  list.take(derTag.sequence);
  const issuer = list.take(derTag.sequence).whole;
  readTime(list);
  const nextUpdate =
    list.tag === derTag.utcTime || list.tag === derTag.generalizedTime ? readTime(list) : undefined;
  const serials = list.tag === derTag.sequence ? readSerials(list.enter()) : [];
  const extensions =
    list.tag === derTag.extensions ? readExtensions(list.enter(derTag.extensions)) : undefined;
  list.end();
  const key = extensions?.get(extensionIds.authorityKey) ?? new Uint8Array();
  return {
    version: 2,
    nextUpdate,
    serials,
    number: numberOf(extensions?.get(extensionIds.number)),
    issuer: createHash('sha256').update(issuer).update(key).digest('hex'),
  };
}

/** The values of the extensions, by their ids. */
function readExtensions(outer: DerReader): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  const list = outer.enter();
  while (list.tag !== undefined) {
    const extension = list.enter();
    const id = Buffer.from(extension.take(derTag.objectIdentifier).content).toString('hex');
    extension.takeIf(derTag.boolean);
    values.set(id, extension.take(derTag.octetString).content);
  }
  return values;
}

function numberOf(value: Uint8Array | undefined): bigint | undefined {
  if (value === undefined) return undefined;
  const { content } = new DerReader(value).take(derTag.integer);
  return BigInt(`0x0${Buffer.from(content).toString('hex')}`);
}

function readSerials(entries: DerReader): string[] {
  const serials: string[] = [];
  while (entries.tag !== undefined) {
    const entry = entries.enter();
    serials.push(serialOf(entry.take(derTag.integer).content));
    readTime(entry);
    entry.takeIf(derTag.sequence);
    entry.end();
  }
  return serials;
}

function serialOf(content: Uint8Array): string {
  const digits = Buffer.from(content)
    .toString('hex')
    .replace(/^00(?=.)/, '');
  return (digits.match(/../g) ?? []).join(':');
}

function readTime(reader: DerReader): Date {
  const short = reader.takeIf(derTag.utcTime);
  const text = Buffer.from((short ?? reader.take(derTag.generalizedTime)).content).toString('latin1');
  // Two digits of a year mean 1950 to 2049 (RFC 5280, 4.1.2.5.1).
  const full = short === undefined ? text : `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}`;
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(full);
  if (match === null) throw new Error(`${JSON.stringify(text)} is not a time`);
  const [, year, month, day, hour, minute, second] = match;
  return new Date(
    `${String(year)}-${String(month)}-${String(day)}T${String(hour)}:${String(minute)}:${String(second)}Z`,
  );
}

function invalid(reason: string): NecoError {
  return new NecoError(
    'CERTIFICATE_INVALID',
    `not a certificate revocation list that etcd accepts: ${reason}`,
    {
      hint: 'fetch it from Vault again, as DER: /v1/<mount>/crl, not /crl/pem',
    },
  );
}
