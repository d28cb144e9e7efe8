import type { DataCenter } from '../../src/data-center.ts';
export async function checkCluster(dc: DataCenter): Promise<void> {
  for (const s of dc.servers) {
    const r = await s.exec(['neco', 'status'], { timeout: 60_000 });
    if (r.exitCode !== 0) throw new Error(`${s.name}: ${r.stdout}${r.stderr}`);
  }
}
