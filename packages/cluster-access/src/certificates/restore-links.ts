import { pairDirectories, type HostReader, type HostWriter } from '@neco/host-installer';
import { certificateKindNames, certificateKinds } from './certificate-kinds.ts';

/** The links to this server's certificates and keys that are gone although the pairs are there, by path. @throws NecoError FILE_FAILED */
export async function lostCertificateLinks(host: HostReader): Promise<string[]> {
  const lost = await Promise.all(certificateKindNames.map((name) => host.lostLinks(certificateKinds[name])));
  return lost.flat();
}

/** Puts them back. @returns which were gone @throws NecoError FILE_FAILED */
export async function restoreCertificateLinks(host: HostWriter): Promise<string[]> {
  const lost = await lostCertificateLinks(host);
  if (lost.length > 0) for (const name of certificateKindNames) await host.relinkPair(certificateKinds[name]);
  return lost;
}

/** The directories to watch for changes of this server's certificates and keys, and of the links to them. */
export function certificateDirectories(): string[] {
  return [...new Set(certificateKindNames.flatMap((name) => pairDirectories(certificateKinds[name])))];
}
