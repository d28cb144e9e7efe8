import { NecoError } from '@neco/core';
import type { HostReader } from '@neco/host-installer';

/** The text of a file that setup or join has written. @throws NecoError FILE_FAILED when it does not exist */
export async function requireFile(host: HostReader, path: string): Promise<string> {
  const text = await host.readText(path);
  if (text !== undefined) return text;
  throw new NecoError('FILE_FAILED', `${path} does not exist`, {
    hint: 'run neco setup again, or on a new server neco join',
  });
}
