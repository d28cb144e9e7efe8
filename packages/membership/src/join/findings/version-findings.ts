import type { BootServer } from '@neco/bootserver-registry';
import { areCompatible, isOlderMinor, NecoError, type ErrorDetail } from '@neco/core';
import { administrationOf, type JoinContext } from '../join-context.ts';

/**
 * The boot servers whose neco does not work together with this one. One that is down registers the version that it has when it is
 * back.
 * @param healthy the names of those that answer
 */
export function versionFindings(
  { options, name }: Pick<JoinContext, 'options' | 'name'>,
  servers: readonly BootServer[],
  healthy: ReadonlySet<string>,
): ErrorDetail[] {
  const here = options.version;
  return servers
    .filter((server) => server.name !== name && healthy.has(server.name))
    .filter((server) => !areCompatible(server.neco, here))
    .map((server) => ({
      message: `${server.name} runs neco ${server.neco}, which does not work together with ${here} on this server`,
      hint: isOlderMinor(here, server.neco)
        ? `install a newer neco here: apt-get update && apt-get install neco=${server.neco}`
        : `upgrade ${server.name} first: apt-get update && apt-get install neco=${here}; or install the older one here: apt-get install --allow-downgrades neco=${server.neco}`,
    }));
}

/**
 * etcd refuses a member whose minor version is lower than the cluster's, and Vault cannot read what a newer one has stored.
 * @throws NecoError ETCD_*, VAULT_*, PACKAGE_FAILED
 */
export async function packageFindings(context: JoinContext): Promise<ErrorDetail[]> {
  const { host, site } = context;
  const { etcd, vault } = site.packages;
  const [installedEtcd, installedVault, running] = await Promise.all([
    host.installedVersion(etcd),
    host.installedVersion(vault),
    runningVersions(context),
  ]);
  const here = new Map([
    [etcd, installedEtcd],
    [vault, installedVault],
  ]);
  const missing = [...here].flatMap(([name, version]) => (version === undefined ? [name] : []));
  // An installed one is not changed by the join; one that is not is installed as apt would.
  const candidates = await host.candidateVersions(missing);
  return [...here].flatMap(([name, installed]) => {
    const version = installed ?? candidates.get(name);
    const needed = name === etcd ? running.etcd : running.vault;
    if (version === undefined || needed === undefined || !isOlderMinor(version, needed)) return [];
    const message = `${name} ${version} on this server is older than the ${needed} that the cluster runs`;
    return [{ message, hint: `install it here: apt-get update && apt-get install ${name}` }];
  });
}

/** etcd's cluster version is the lowest of its members'. */
async function runningVersions(context: JoinContext): Promise<{ etcd: string | undefined; vault: string }> {
  const { etcd, vault } = administrationOf(context);
  const [statuses, { version }] = await Promise.all([
    etcd.statuses(),
    vault.run('Vault to answer', (one) => one.system.health()),
  ]);
  const versions = [...statuses.values()].flatMap((status) =>
    status instanceof NecoError ? [] : status.version,
  );
  const [lowest] = versions.sort((one, other) => (isOlderMinor(one, other) ? -1 : 1));
  return { etcd: lowest, vault: version };
}
