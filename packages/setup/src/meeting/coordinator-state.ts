import { NecoError, Secret } from '@neco/core';
import type { HostReader, HostWriter } from '@neco/host-installer';
import type { ExportedCa } from '@neco/vault-pki';
import * as z from 'zod';
import { paths, type PerAuthority } from '@neco/cluster-access';
import { openState, sealState } from '@neco/rendezvous';

const caSchema = z.object({ certificate: z.string(), privateKey: z.string() });

/** The old member is there; it was removed; the new one was added. */
const replacements = ['pending', 'removed', 'done'] as const;

type Replacement = (typeof replacements)[number];

const coordinatorStateSchema = z.object({
  version: z.literal(1),
  /** The public key by which each server is known, by LRN. */
  publicKeys: z.record(z.string(), z.string()),
  /** Servers that came back with another key, and how far the replacement of their etcd member is. */
  replaced: z.record(z.string(), z.enum(replacements)),
  /** The CAs with their keys, until all servers have the certificates that the real Vault issued. */
  authorities: z.object({ server: caSchema, peer: caSchema, client: caSchema }).optional(),
});

/** What must survive a power cut of the coordinator; on disk only encrypted with a key derived from the secret. */
export class CoordinatorState {
  readonly publicKeys: Map<number, string>;
  readonly replaced: Map<number, Replacement>;
  authorities: PerAuthority<ExportedCa> | undefined;
  #saving: Promise<void> = Promise.resolve();

  private constructor(data: z.infer<typeof coordinatorStateSchema>) {
    this.publicKeys = new Map(Object.entries(data.publicKeys).map(([lrn, key]) => [Number(lrn), key]));
    this.replaced = new Map(Object.entries(data.replaced).map(([lrn, progress]) => [Number(lrn), progress]));
    this.authorities = data.authorities && {
      server: withSecret(data.authorities.server),
      peer: withSecret(data.authorities.peer),
      client: withSecret(data.authorities.client),
    };
  }

  /** Whether a state lies on disk, without opening it. */
  static async exists(host: HostReader): Promise<boolean> {
    return (await host.stat(paths.coordinatorState)) !== undefined;
  }

  /** @throws NecoError SECRET_INVALID when it was encrypted with another secret. */
  static async load(host: HostReader, seal: SealKey): Promise<CoordinatorState> {
    const text = await host.readText(paths.coordinatorState);
    if (text === undefined) return new CoordinatorState({ version: 1, publicKeys: {}, replaced: {} });
    const plain = openState(seal.secret, seal.cluster, seal.lrns, Buffer.from(text, 'base64'));
    const parsed = coordinatorStateSchema.safeParse(JSON.parse(plain.toString('utf8')));
    if (parsed.success) return new CoordinatorState(parsed.data);
    throw new NecoError(
      'RECORD_INVALID',
      `${paths.coordinatorState} was written by another version of neco`,
      {
        hint: 'resume with the version of neco that started this setup',
      },
    );
  }

  /** Writes it, encrypted and synced. Saves that meet go one after the other, so that the last one is what stays. */
  async save(host: HostWriter, seal: SealKey): Promise<void> {
    const saving = this.#saving.then(() => this.#write(host, seal));
    this.#saving = saving.catch(() => undefined);
    await saving;
  }

  async #write(host: HostWriter, seal: SealKey): Promise<void> {
    const data: z.infer<typeof coordinatorStateSchema> = {
      version: 1,
      publicKeys: Object.fromEntries([...this.publicKeys].map(([lrn, key]) => [String(lrn), key])),
      replaced: Object.fromEntries([...this.replaced].map(([lrn, progress]) => [String(lrn), progress])),
      authorities: this.authorities && {
        server: revealed(this.authorities.server),
        peer: revealed(this.authorities.peer),
        client: revealed(this.authorities.client),
      },
    };
    const sealed = sealState(seal.secret, seal.cluster, seal.lrns, Buffer.from(JSON.stringify(data)));
    await host.makeDirectory(paths.state, { mode: 0o700 });
    await host.makeDirectory(`${paths.state}/setup`, { mode: 0o700 });
    await host.writeFile(paths.coordinatorState, `${sealed.toString('base64')}\n`, { mode: 0o600 });
  }
}

/** What the key of the state file is derived from. */
export interface SealKey {
  secret: Secret;
  cluster: string;
  lrns: number[];
}

function withSecret(ca: z.infer<typeof caSchema>): ExportedCa {
  return { certificate: ca.certificate, privateKey: new Secret(ca.privateKey) };
}

function revealed(ca: ExportedCa): z.infer<typeof caSchema> {
  return { certificate: ca.certificate, privateKey: ca.privateKey.reveal() };
}
