import type { TrustAnswer } from '@neco/bootserver-registry';
import type { HostReader } from '@neco/host-installer';
import {
  authorityFingerprints,
  type AuthorityName,
  authorityNames,
  paths,
  type PerAuthority,
} from '@neco/cluster-access';

/** Who reads the file of a CA once, at its start. */
export const readersOf: PerAuthority<'etcd' | 'vault'> = { server: 'vault', peer: 'etcd', client: 'etcd' };

/**
 * The old CAs that a server trusts still: `named` in the file, or `loaded` by a service that was started before the file
 * was changed.
 */
export type KeptAuthorities = TrustAnswer['kept'];

/**
 * Looks which of these CAs this server trusts still.
 * @param old the fingerprints of their public keys
 * @throws NecoError FILE_FAILED, SERVICE_FAILED, CERTIFICATE_INVALID
 */
export async function keptAuthorities(host: HostReader, old: PerAuthority<string>): Promise<KeptAuthorities> {
  const found = await Promise.all(
    authorityNames.map(async (name) => {
      const how = await howKept(host, name, old[name]);
      return how === undefined ? [] : [[name, how] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

async function howKept(
  host: HostReader,
  name: AuthorityName,
  old: string,
): Promise<KeptAuthorities[AuthorityName]> {
  const path = paths.authorities[name];
  const [text, status, unit] = await Promise.all([
    host.readText(path),
    host.stat(path),
    host.unit(`${readersOf[name]}.service`),
  ]);
  if (authorityFingerprints(text ?? '').includes(old)) return 'named';
  // What does not run reads it when it starts.
  if (unit.mainPid === 0 || unit.startedAt === undefined) return undefined;
  return unit.startedAt.getTime() < (status?.ctimeMs ?? 0) ? 'loaded' : undefined;
}
