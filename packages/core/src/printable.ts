/**
 * Text that another process may have chosen, such as its name, in a form that does nothing to a terminal: control and
 * format characters become `?`. https://www.unicode.org/reports/tr44/#General_Category_Values
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
