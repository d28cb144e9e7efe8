import { request } from 'node:https';
import { networkInterfaces } from 'node:os';
import { messageOf, parseJson } from '@neco/core';
import type { HostReader, Pair } from '@neco/host-installer';
import { certificateFacts } from '@neco/vault-pki';
import * as z from 'zod';
import { hostLayout, type HostLayout } from '../host-layout.ts';
import { ports } from '../ports.ts';

/** Why etcd of this server and that of another cannot talk to each other. */
export interface PeerProblem {
  /** Who does not accept whom: the other refuses this server's certificate, this server the other's, or the network lets nothing through. */
  by: 'other' | 'this' | 'network';
  reason: string;
}

/** What the peer port of a server answers to this server's own peer certificate. */
export interface PeerAnswer {
  problem?: PeerProblem;
  /** Of all data up to the revision asked for; comparable where the history begins at the same revision. */
  data?: { hash: number; revision: string; compactRevision: number };
}

/** The answer of etcd's own check of its members' data (server/etcdserver/corrupt.go). */
const hashSchema = z.looseObject({ hash: z.number(), compact_revision: z.number().default(0) });

/** With what etcd of a server goes to its peers. */
export interface PeerIdentity {
  /** The peer certificate of this server. */
  pair: Pair;
  /** The CA of the peers. */
  ca: string;
}

export interface PeerQuestion extends PeerIdentity {
  address: string;
  /** Of the data to compare. */
  revision: string;
  /** In ms; a member reads all of its data to answer. */
  timeout: number;
}

/** @returns undefined where this server has no peer certificate or no CA of peers */
export async function readPeerIdentity(
  host: HostReader,
  layout: HostLayout = hostLayout,
): Promise<PeerIdentity | undefined> {
  const [pair, ca] = await Promise.all([
    host.readPair(layout.peer).catch(() => undefined),
    host.readText(layout.peerCa).catch(() => undefined),
  ]);
  return pair === undefined || ca === undefined ? undefined : { pair, ca };
}

/**
 * Asks an etcd member at its peer port, as its peers do: that shows who refuses whom, and what a hash of all data is, which nobody
 * but root may ask at the client port. Never rejects.
 */
export async function askPeer(question: PeerQuestion): Promise<PeerAnswer> {
  const { revision } = question;
  try {
    const text = await peerText(question, { path: '/members/hashkv', body: `{"revision":${revision}}` });
    // A revision that is compacted meanwhile has no hash.
    const { data } = hashSchema.safeParse(parseJson(text));
    return data === undefined
      ? {}
      : { data: { hash: data.hash, revision, compactRevision: data.compact_revision } };
  } catch (error) {
    const problem = problemOf(error);
    if (problem.by !== 'network') return { problem };
    // One that takes long to read all of its data is reached all the same.
    const again = await peerProblem({ ...question, timeout: knockTimeout });
    return again === undefined ? {} : { problem };
  }
}

type PeerCall = Omit<PeerQuestion, 'revision'>;

/** Limit of a question whose answer takes no time, in ms. */
const knockTimeout = 2000;

/** Why a member cannot be asked at its peer port, by a question that costs it nothing. Never rejects. */
export async function peerProblem(question: PeerCall): Promise<PeerProblem | undefined> {
  try {
    await peerText(question, { path: '/version' });
    return undefined;
  } catch (error) {
    return problemOf(error);
  }
}

/** Over a connection of its own: one that is open outlives the trust by which it was opened. */
function peerText(
  { address, ca, pair, timeout }: PeerCall,
  { path, body = '' }: { path: string; body?: string },
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const call = request({
    host: address,
    ...spokenFrom(pair.certificate),
    port: ports.etcdPeer,
    path,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    agent: false,
    ca,
    cert: pair.certificate,
    key: pair.key.reveal(),
    signal: AbortSignal.timeout(timeout),
  });
  call.on('error', reject);
  call.on('response', (response) => {
    let text = '';
    response.setEncoding('utf8').on('data', (part: string) => (text += part));
    response.on('error', reject).on('end', () => {
      resolve(text);
    });
  });
  call.end(body);
  return promise;
}

/**
 * The address of this host that its peer certificate names: etcd closes what comes from another without a word, and etcd of this
 * server speaks from it too (SetMemberLocalAddr). https://etcd.io/docs/v3.6/op-guide/security/#notes-for-tls-authentication
 */
function spokenFrom(certificate: string): { localAddress?: string } {
  const own = Object.values(networkInterfaces())
    .flatMap((list = []) => list)
    .filter(({ internal }) => !internal)
    .map(({ address }) => address);
  const localAddress = certificateFacts(certificate).names.find((name) => own.includes(name));
  return localAddress === undefined ? {} : { localAddress };
}

/** What Node says of a certificate that it does not accept, and of an alert that it got. */
const refusedHere =
  /^(UNABLE_|CERT_|DEPTH_|SELF_SIGNED|ERR_TLS_CERT|INVALID_|HOSTNAME_MISMATCH|ERROR_IN_CERT)/;
const alert = /alert ([a-z ]+?):|ALERT_([A-Z_]+)/;

function problemOf(error: unknown): PeerProblem {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (refusedHere.test(code)) return { by: 'this', reason: messageOf(error) };
  const alerted = alert.exec(code) ?? alert.exec(messageOf(error));
  if (alerted !== null)
    return { by: 'other', reason: (alerted[1] ?? alerted[2] ?? '').toLowerCase().replaceAll('_', ' ') };
  // Of a certificate on its revocation list etcd says nothing: it closes the connection after the handshake.
  if (code === 'ECONNRESET') return { by: 'other', reason: 'it closes the connection without a word' };
  const isTimeout = error instanceof Error && ['AbortError', 'TimeoutError'].includes(error.name);
  return { by: 'network', reason: isTimeout ? 'no answer in time' : messageOf(error) };
}
