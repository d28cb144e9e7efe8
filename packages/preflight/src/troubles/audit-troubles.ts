import { runningLink, type HostReader } from '@neco/host-installer';
import { paths } from '@neco/cluster-access';
import type { HostTrouble } from './host-trouble.ts';

/** It takes what goes to syslog. */
const journal = runningLink('systemd-journald.service');

/** Comes with the package of Vault, which also makes the directory of the audit file. */
const packagedUnit = '/usr/lib/systemd/system/vault.service';

/**
 * What Vault's audit devices need on a server where Vault is installed and configured: the file's directory, owned by Vault, and syslog. That
 * there is room in the directory is looked at with the other file systems.
 */
export async function auditTroubles(host: HostReader): Promise<HostTrouble[]> {
  const needed = await Promise.all([packagedUnit, paths.vaultConfiguration].map((path) => host.stat(path)));
  if (needed.includes(undefined)) return [];
  const [directory, file, log] = await Promise.all([
    host.stat(paths.vaultLogs),
    host.stat(paths.vaultAuditLog),
    host.readLink(journal),
  ]);
  const problem =
    directory?.isDirectory !== true
      ? 'there is no such directory'
      : directory.owner !== 'vault'
        ? `it belongs to ${directory.owner}, not to vault`
        : file?.isDirectory === true
          ? 'audit.log in it is a directory'
          : undefined;
  return [
    ...(problem === undefined ? [] : [fileDevice(problem, file?.isDirectory === true)]),
    ...(log === undefined ? [syslogDevice()] : []),
  ];
}

function fileDevice(problem: string, isDirectory: boolean): HostTrouble {
  const directory = `install -d -o vault -g vault -m 0700 ${paths.vaultLogs}`;
  return {
    id: 'audit-device-broken',
    message: `the Vault audit device file cannot be written to ${paths.vaultLogs}: ${problem}`,
    remedy: isDirectory ? `mv ${paths.vaultAuditLog} ${paths.vaultAuditLog}.aside` : directory,
    after: 'systemctl reload vault',
  };
}

function syslogDevice(): HostTrouble {
  return {
    id: 'audit-device-broken',
    message: 'the Vault audit device syslog has nobody to write to: systemd-journald does not run',
    remedy: 'systemctl start systemd-journald',
  };
}
