import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '@neco/core';
import { execa } from 'execa';

/** A self-signed certificate and its key, as openssl makes them. */
export async function makeCertificate(
  directory: string,
  name: string,
): Promise<{ certificate: string; key: Secret }> {
  const [certificatePath, keyPath] = [join(directory, `${name}.pem`), join(directory, `${name}.key.pem`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await execa('openssl', [
    'req',
    '-x509',
    ...curve,
    '-subj',
    `/CN=${name}`,
    '-out',
    certificatePath,
    '-keyout',
    keyPath,
  ]);
  return {
    certificate: await readFile(certificatePath, 'utf8'),
    key: new Secret(await readFile(keyPath, 'utf8')),
  };
}
