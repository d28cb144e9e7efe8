import { Secret } from '@neco/core';
import { RecordFile, type HostReader, type HostWriter } from '@neco/host-installer';
import type { ExportedCa } from '@neco/vault-pki';
import * as z from 'zod';
import { authorityNames, newLife, paths, type PerAuthority } from '@neco/cluster-access';
import { openState, sealState } from '@neco/rendezvous';

const caSchema = z.object({ certificate: z.string(), privateKey: z.string() });

/** The old member is there; it was removed; the new one was added. */
const replacements = ['pending', 'removed', 'done'] as const;

type Replacement = (typeof replacements)[number];

const signedSchema = z.object({
  lrn: z.int(),
  /** The public key by which the server was known then; empty of the coordinator. */
  key: z.string(),
  issue: z.enum(['initial', 'final']),
  authority: z.enum(authorityNames),
  /** PEM. */
  certificate: z.string(),
});

/** A certificate that was signed for a server during this setup. */
export type SignedInSetup = z.infer<typeof signedSchema>;

const coordinatorStateSchema = z.object({
  version: z.literal(1),
  /** The public key by which each server is known, by LRN. */
  publicKeys: z.record(z.string(), z.string()),
  /** Servers that came back with another key, and how far the replacement of their etcd member is. */
  replaced: z.record(z.string(), z.enum(replacements)),
  /** What the log-ins to Vault demand, by LRN; see `newLife`. */
  lives: z.record(z.string(), z.string()).default({}),
  /** All that was signed, so that what a server had which lost its disk can be revoked. */
  signed: z.array(signedSchema).default([]),
  /** The CAs with their keys, until all servers have the certificates that the real Vault issued. */
  authorities: z.object({ server: caSchema, peer: caSchema, client: caSchema }).optional(),
});

type StateData = z.infer<typeof coordinatorStateSchema>;

/** What must survive a power cut of the coordinator; on disk only encrypted with a key derived from the secret. */
export class CoordinatorState {
  readonly publicKeys: Map<number, string>;
  readonly replaced: Map<number, Replacement>;
  readonly lives: Map<number, string>;
  signed: SignedInSetup[];
  authorities: PerAuthority<ExportedCa> | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(data: StateData) {
    this.publicKeys = new Map(Object.entries(data.publicKeys).map(([lrn, key]) => [Number(lrn), key]));
    this.replaced = new Map(Object.entries(data.replaced).map(([lrn, progress]) => [Number(lrn), progress]));
    this.lives = new Map(Object.entries(data.lives).map(([lrn, life]) => [Number(lrn), life]));
    this.signed = data.signed;
    this.authorities = data.authorities && {
      server: withSecret(data.authorities.server),
      peer: withSecret(data.authorities.peer),
      client: withSecret(data.authorities.client),
    };
  }

  /** @throws NecoError SECRET_INVALID when it was encrypted with another secret; FILE_FAILED, RECORD_INVALID */
  static async load(host: HostReader, seal: SealKey): Promise<CoordinatorState> {
    const data = await stateFile(seal).read(host);
    return new CoordinatorState(data ?? { version: 1, publicKeys: {}, replaced: {}, lives: {}, signed: [] });
  }

  /** Notes certificates that were signed for a server, as it is known now. */
  noteSigned(lrn: number, certificates: readonly Omit<SignedInSetup, 'lrn' | 'key'>[]): void {
    const key = this.publicKeys.get(lrn) ?? '';
    this.signed.push(...certificates.map((one) => ({ lrn, key, ...one })));
  }

  /** The certificates of servers that came back with another key: whoever has the lost disk has theirs. */
  lost(): SignedInSetup[] {
    return this.signed.filter(({ lrn, key }) => key !== (this.publicKeys.get(lrn) ?? ''));
  }

  /** The life for which a server's certificates are signed; a new one where there is none. */
  lifeOf(lrn: number): string {
    const life = this.lives.get(lrn) ?? newLife();
    this.lives.set(lrn, life);
    return life;
  }

  /** Writes it, encrypted and synced. Saves that meet go one after the other, so that the last one is what stays. */
  async save(host: HostWriter, seal: SealKey): Promise<void> {
    const saving = this.#saving.then(() => this.#write(host, seal));
    this.#saving = saving.catch(() => undefined);
    await saving;
  }

  async #write(host: HostWriter, seal: SealKey): Promise<void> {
    const data: StateData = {
      version: 1,
      publicKeys: Object.fromEntries([...this.publicKeys].map(([lrn, key]) => [String(lrn), key])),
      replaced: Object.fromEntries([...this.replaced].map(([lrn, progress]) => [String(lrn), progress])),
      lives: Object.fromEntries([...this.lives].map(([lrn, life]) => [String(lrn), life])),
      signed: this.signed,
      authorities: this.authorities && {
        server: revealed(this.authorities.server),
        peer: revealed(this.authorities.peer),
        client: revealed(this.authorities.client),
      },
    };
    // In a call of its own, because parents of a directory are created with a mode that lets everybody pass.
    await host.makeDirectory(paths.state, { mode: 0o700 });
    await stateFile(seal).write(host, data);
  }
}

/** What the key of the state file is derived from. */
export interface SealKey {
  secret: Secret;
  cluster: string;
  lrns: number[];
}

/** Where the state is kept: Base64 of what the setup secret decrypts. */
function stateFile({ secret, cluster, lrns }: SealKey): RecordFile<StateData> {
  return new RecordFile<StateData>({
    path: paths.coordinatorState,
    schema: coordinatorStateSchema,
    what: 'the state of a setup that this version of neco started',
    hint: 'resume with the version of neco that started this setup',
    coding: {
      encode: (json) => sealState(secret, cluster, lrns, Buffer.from(json)).toString('base64'),
      decode: (content) => openState(secret, cluster, lrns, Buffer.from(content, 'base64')).toString('utf8'),
    },
  });
}

function withSecret(ca: z.infer<typeof caSchema>): ExportedCa {
  return { certificate: ca.certificate, privateKey: new Secret(ca.privateKey) };
}

function revealed(ca: ExportedCa): z.infer<typeof caSchema> {
  return { certificate: ca.certificate, privateKey: ca.privateKey.reveal() };
}
