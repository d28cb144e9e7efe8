import { DerReader, derTag } from './der-reader.ts';
import { parseCrl } from './parse-crl.ts';

/**
 * One revocation list of several, for etcd: it reads one file, of which it takes the first list alone, and compares serial
 * numbers; it looks neither at the issuer nor at the signature. Where one of them names all that the others do, it is
 * returned as it is. Otherwise the first gets the entries of the others, and its signature does not fit any more.
 * https://pkg.go.dev/go.etcd.io/etcd/client/pkg/v3/transport#NewTLSListener
 *
 * @param lists DER; the first is preferred.
 * @throws NecoError CERTIFICATE_INVALID
 */
export function combineCrls(lists: readonly [Buffer, ...Buffer[]]): Buffer {
  const serials = lists.map((list) => new Set(parseCrl(list).serials));
  const whole = serials.findIndex((one) => serials.every((other) => other.isSubsetOf(one)));
  return lists[whole] ?? withEntries(lists[0], lists);
}

function withEntries(first: Buffer, lists: readonly Buffer[]): Buffer {
  const entries = new Map(lists.flatMap((list) => [...entriesOf(list)]));
  const outer = new DerReader(first).enter();
  const list = outer.enter();
  const before = [list.take(derTag.integer), list.take(derTag.sequence), list.take(derTag.sequence)];
  const times = [list.takeTime(), list.takeTime()];
  list.takeIf(derTag.sequence);
  const extensions = list.takeIf(derTag.extensions);
  const head = [...before, ...times].flatMap((element) => (element === undefined ? [] : [element.whole]));
  const content = encode(derTag.sequence, [
    ...head,
    encode(derTag.sequence, [...entries.values()]),
    ...(extensions === undefined ? [] : [extensions.whole]),
  ]);
  const signature = [outer.take(derTag.sequence).whole, outer.take(derTag.bitString).whole];
  return encode(derTag.sequence, [content, ...signature]);
}

/** Each entry with its tag and length, by its serial number. */
function* entriesOf(crl: Buffer): Generator<[serial: string, entry: Uint8Array]> {
  const list = new DerReader(crl).enter().enter();
  list.take(derTag.integer);
  list.take(derTag.sequence);
  list.take(derTag.sequence);
  list.takeTime();
  list.takeTime();
  if (list.tag !== derTag.sequence) return;
  const entries = list.enter();
  while (entries.tag !== undefined) {
    const { whole, content } = entries.take(derTag.sequence);
    const serial = new DerReader(content).take(derTag.integer).content;
    yield [Buffer.from(serial).toString('hex'), whole];
  }
}

function encode(tag: number, parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}
