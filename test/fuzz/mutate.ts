import type { Random } from './random.ts';

/** The text with a few accidents: pieces cut out, doubled, moved, characters changed, words of the grammar put in; now and then a piece many times over. */
export function mutated(random: Random, text: string, words: readonly string[]): string {
  let result = text;
  for (let accidents = 1 + random.few(4); accidents > 0; accidents -= 1) result = accident(random, result, words);
  return result;
}

function accident(random: Random, text: string, words: readonly string[]): string {
  const from = random.below(text.length + 1);
  const until = Math.min(text.length, from + random.few(12));
  const [head, piece, tail] = [text.slice(0, from), text.slice(from, until), text.slice(until)];
  switch (random.below(7)) {
    case 0:
      return head + tail;
    case 1:
      return head + piece + piece + tail;
    case 2:
      return head + random.pick(words) + tail;
    case 3:
      return head + random.pick(words) + piece + tail;
    case 4:
      return tail + piece + head;
    case 5:
      return head + String.fromCharCode(random.below(random.isOneOf(10) ? 0x1_0000 : 0x100)) + text.slice(from + 1);
    default:
      return head + (random.isOneOf(200) ? (piece || random.pick(words)).repeat(1 + random.below(2000)) : piece) + tail;
  }
}
