/** All capitals when there was a small letter, else all small. */
export function toggleCaps(text: string): string {
  return text === text.toUpperCase() ? text.toLowerCase() : text.toUpperCase()
}
