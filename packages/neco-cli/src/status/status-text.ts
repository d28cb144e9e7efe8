export async function statusText(status: unknown, _options: { colored: boolean }): Promise<string> {
  return JSON.stringify(status);
}
