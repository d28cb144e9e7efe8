import { stat } from 'node:fs/promises';
import { hostname, networkInterfaces, totalmem } from 'node:os';
import { parseEnv } from 'node:util';
import { readText } from './files/read-text.ts';
import type { HostFacts } from './host-reader.ts';

/** What this machine is; see os-release(5), machine-id(5) and sd_booted(3). */
export async function readFacts(): Promise<HostFacts> {
  const release = parseEnv((await readText('/etc/os-release')) ?? '');
  const addresses = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .sort((a, b) => Number(a.family === 'IPv6') - Number(b.family === 'IPv6'))
    .map((entry) => entry.address);
  return {
    hostname: hostname(),
    uid: process.getuid?.() ?? -1,
    addresses: [...new Set(addresses)],
    os: { id: release['ID'] ?? 'unknown', version: release['VERSION_ID'] ?? 'unknown' },
    machineId: ((await readText('/etc/machine-id')) ?? '').trim(),
    clock: Date.now(),
    memory: totalmem(),
    bootedWithSystemd: await stat('/run/systemd/system').then(
      (status) => status.isDirectory(),
      () => false,
    ),
  };
}
