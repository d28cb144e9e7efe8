import { readFile } from 'node:fs/promises';

interface AuditRecord {
  type: string;
  request: { operation: string; path: string };
}

/** The requests in an audit file that changed something, as `operation path`; log-ins and log-outs are none. */
export async function changesInAudit(path: string): Promise<string[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line !== '');
  const records = lines.map((line) => JSON.parse(line) as AuditRecord);
  return records
    .filter(({ type, request }) => type === 'request' && !['read', 'list'].includes(request.operation))
    .map(({ request }) => `${request.operation} ${request.path}`)
    .filter((change) => !/auth\/[a-z]+\/login|auth\/token\/revoke-self/.test(change));
}
