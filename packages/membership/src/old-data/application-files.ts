import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { hostLayout, filesOf, paths } from '@neco/cluster-access';
import type { HostReader } from '@neco/host-installer';
import type { OldPlace } from './old-place.ts';

/** Directories in /etc with certificates of the server itself. */
const own: readonly string[] = [paths.necoDirectory, paths.etcdDirectory, paths.vaultDirectory];

/**
 * The files that `neco init-local` put on this server, of all applications: in a directory of /etc, a certificate that
 * the CA of etcd's clients signed, with its key and its CA.
 */
export async function applicationFiles(host: HostReader): Promise<OldPlace[]> {
  const ca = await host.readText(paths.authorities.client);
  if (ca === undefined) return [];
  const names = (await host.list(hostLayout.applications)) ?? [];
  const found = await Promise.all(
    names.map(async (name) => {
      const files = filesOf(hostLayout, name);
      if (own.includes(files.directory) || !(await isDirectory(host, files.directory))) return [];
      // What cannot be read there is not as neco wrote it.
      const pair = await host.readPair(files).catch(() => undefined);
      if (pair === undefined || !isSignedBy(pair.certificate, ca)) return [];
      return [
        { path: files.certificatePath, kind: 'link' },
        { path: files.keyPath, kind: 'link' },
        { path: join(files.directory, '.pairs'), kind: 'file' },
        { path: files.ca, kind: 'file' },
      ] as const;
    }),
  );
  return found.flat();
}

async function isDirectory(host: HostReader, path: string): Promise<boolean> {
  return (await host.stat(path))?.isDirectory === true;
}

function isSignedBy(certificate: string, ca: string): boolean {
  try {
    const issuer = new X509Certificate(ca);
    const leaf = new X509Certificate(certificate);
    return leaf.checkIssued(issuer) && leaf.verify(issuer.publicKey);
  } catch {
    return false; // what is no certificate is not neco's
  }
}
