import { NecoError } from '@neco/core';

export interface ServerBinaries {
  etcd: string;
  etcdctl: string;
  etcdutl: string;
  vault: string;
}

/**
 * The real servers and their tools: those in the folder that `NECO_SERVERS` names, otherwise those that
 * `tools/servers` builds (minutes, the first time on a machine).
 */
export async function serverBinaries(): Promise<ServerBinaries> {
  const folder = process.env['NECO_SERVERS'];
  if (folder !== undefined && folder !== '') {
    return {
      etcd: `${folder}/etcd`,
      etcdctl: `${folder}/etcdctl`,
      etcdutl: `${folder}/etcdutl`,
      vault: `${folder}/vault`,
    };
  }
  // Resolved at run time: the sources of tools are no part of any package.
  const builder: unknown = await import(new URL('../../../tools/servers/build.ts', import.meta.url).href);
  if (!isBuilder(builder))
    throw new NecoError('INTERNAL', 'tools/servers/build.ts does not export serverBinaries');
  return builder.serverBinaries();
}

function isBuilder(value: unknown): value is { serverBinaries: () => Promise<ServerBinaries> } {
  return typeof value === 'object' && value !== null && 'serverBinaries' in value;
}
