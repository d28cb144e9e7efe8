/** How a server whose data is lost or worth nothing joins again. @param others LRNs of the boot servers that stay */
export function rejoinLine(others: readonly number[]): string {
  return `neco join --discard-old-data ${others.slice(0, 3).join(' ')} && systemctl start neco-worker`;
}
