/**
 * The two tables of variable-length codewords of the high-throughput cleanup pass (15444-15 Annex C, Tables CtxVLC 0 and 1).
 *
 * A codeword says of a quad which of its four samples are significant (rho), whether their exponents exceed the prediction
 * (u_off), and, for some of the samples, whether the exponent is the largest possible: e_k names these samples, e_1 those of them
 * for which it is. Which codewords there are depends on the context of the quad; those of one context are a complete prefix code.
 */

/**
 * By table (0 for the first row of quads, 1 for all others) and context: the codewords, six hexadecimal digits each. They are rho,
 * e_k, e_1, the length plus 8 where u_off is 1, and the codeword in two digits, whose least significant bit comes first in the
 * stream.
 */
// biome-ignore format: eighteen codewords a line
const CODES: readonly (readonly string[])[] = [
  [
    `
      100406 111f3f 200300 222f7f 300511 322f5f 331f1f 400302 444e13 50050e 544e23 551f0f 600603 600f6f 70072f 722f4f 720e0d 800304
      888e3d 90061d 900e2d a00501 a88e35 aa2f77 b00737 b11f57 b10e09 c0051e cccf17 cc4e15 cc8e25 d00767 d11f27 d54f47 dd8f07 e0077b
      e22f4b ea8e05 ee4f3b f0075b f99f1b fbaf6b ffcf2b ff8e39 fe6f73 fe2e19 ff5f0b ff4e29 ff1f33
    `,
    `
      000200 10040e 111f1f 200406 222e3b 30061b 300e3d 40040a 444e2b 50060b 544e33 551f7f 600613 600e23 70073f 722f5f 720e03 800402
      888e1d 90062d 900e0d a00635 a88e15 aa2f6f b0072f b11f4f b10e11 c00501 c88e25 cc4e05 d0070f d11f17 d54e39 dd8f77 e00737 e22f57
      ea8e19 ee4f67 f00707 fb8e29 f88f27 fa2e09 fe4e31 ff1f47
    `,
    `
      000200 10040e 111e1b 200406 222f3f 30062b 311e33 332f7f 40040a 444e0b 500501 555f2f 551e13 554e23 600603 600f5f 70071f 722f6f
      731e11 774f37 800402 888f4f 90063d 900e1d a0062d a00e0d b0070f b22f77 b20e35 c00615 c44e25 cc8f57 d00717 d88e05 dc4e39 dd1f67
      e00727 e22f7b e20e19 f00747 ff1e29 f11e09 f32f07 f74e31 ff8f3b
    `,
    `
      000300 100404 111e3d 20050c 222f4f 30061d 311e05 332f7f 400516 444e2d 500506 555d1a 551e0d 554e35 60073f 644f5f 662f1f 70076f
      766f2f 764e15 773f77 771e25 772f0f 80050a 888f07 900639 911f37 998f57 a00619 a88e29 aa2f17 b00767 bb1f27 b11f47 b32e09 bb8f7b
      c00631 c44e11 cc8f3b d0075b d99f1b dd5f2b dd1e21 ddcf6b dd4e01 dd8f4b e0070b ee4f73 e44f13 ec8e3e ee2f33 f00753 faae0e fb9f63
      ffcf03 ff8d12 fe6f23 ff5e1e ff4d02 ff3f43 ff1d1c ff2e2e
    `,
    `
      000200 10040e 111f3f 200406 222e1b 30062b 322e3d 331f7f 40040a 444f5f 50060b 500e33 600613 600e23 70071f 744f6f 740e03 800402
      888e1d 900611 900f77 a00501 aaaf2f aa2e2d aa8e0d b0074f bb2f0f b00e35 c00615 c88e25 cc4f37 d00757 d11f07 d10e05 e00717 e44e39
      ec8e19 ee2f67 f00727 f99f47 f91e29 f76f7b f72e09 fb8e31 ff4f3b
    `,
    `
      000300 10051a 111f7f 20050a 222e1d 30062d 333f5f 332e39 331f3f 400512 444f1f 50060d 544e35 551f6f 600615 622e25 664f2f 70074f
      766f57 764e05 773f0f 772f77 771f37 800502 888e19 900626 988f17 991f67 a0051c aaae29 aa2e09 aa8e31 b00727 b99f07 b98e11 bb3f47
      bb2e21 bb1f7b c00601 c88e3e cc4f3b d0075b d99f6b d98e1e dd5f1b dd4e2e dd1f2b e0074b e66f0b eeaf33 ee2e0e eecf73 ee8e36 ee4f53
      f00713 f77f43 f76e16 f75f63 ffcf23 ff4d0c fd9f03 ffaf3d ff8d14 ff3f7d ff2d04 ff1e06
    `,
    `
      000300 100404 111e03 20050c 222e0d 30051a 333e3d 331e1d 332e2d 40050a 444f3f 500635 511e15 554f7f 600625 622f5f 664f1f 70076f
      766f4f 764e05 773f2f 771e36 772f77 800512 888f0f 900639 911f37 998f57 a00619 a22e29 aa8f17 b00767 b99f47 b91e09 bbaf27 bb2e31
      bb8f7b c00611 cccf07 cc8e21 cc4f3b d0075b d55f33 d54e01 dc8f1b dd1f6b e0072b ee2f4b e22f0b eecf73 ee8e3e ee4f53 f00713 f66e1e
      feae2e ff3e0e ff2d02 fb9f63 ffce16 ff8e06 ff5f23 ff1d1c ff4e26
    `,
    `
      000512 100605 111f7f 200639 222f3f 30075f 333f1f 332f6f 331f2f 40074f 444f0f 500757 511e19 554f77 600737 600e29 700717 766f67
      773f27 772f47 775f1b 771e09 774f07 80077b 888f3b 90075b 900e31 a00753 a22e11 aa8f6b b0072b b99f4b bb3f0b bb1f73 bbaf33 bb2e21
      bb8f13 c00763 c88f23 cc4f43 d00703 d99f7d dd5f5d dd1e01 ddcf3d dd4e3e dd8f1d e0076d e66f2d eeaf0d ee2e1e eecf4d ee8e0e ee4f75
      f00715 fffd06 ffdf35 ff7f55 ff5d1a ffbf25 ff3d0a ff9e2e ff1c00 ffef65 ff6e36 ffad02 ff2c0c ffce16 ff8c04 ff4c08
    `,
  ],
  [
    `
      100300 111e27 200306 222e17 30050d 300e3b 400302 444e07 500515 500e2b 600501 600f7f 70071f 700e1b 800304 888d05 900519 900e13
      a00509 a88e0b aa2f3f b0075f b00e33 c00511 c88e23 cc4f6f d0070f d00e03 e0072f e44f4f e40e3d f00777 f11f37 f10e1d
    `,
    `
      000100 100405 111f7f 200409 222f1f 30051d 311f3f 332f5f 40050d 444f37 500603 500f6f 60072f 600f4f 70070f 700f77 800401 888f17
      90060b 900f57 a00633 a00f67 b00727 b00f2b c00613 c00f47 d00707 d00f7b e0073b e00f5b f0071b f44f6b f40e23
    `,
    `
      000100 100409 111f7f 200401 222e23 30063d 322f3f 331f1f 400515 444f5f 500603 500f6f 60072f 600f4f 70070f 700f17 800505 888f77
      900737 900f57 a0061d aaaf7b aa2e2d aa8f67 b00727 bb2f47 b00f07 c0060d c00f3b d0075b d00f1b e0076b e44f2b e40f4b f0070b f44f73
      f51f33 f72f53 ff8f13
    `,
    `
      000200 10040a 111e0b 200402 222e23 30050e 333f7f 332e33 331e13 400516 444f3f 500603 511e3d 554f1f 60061d 600f5f 70062d 744f2f
      751e1e 772f6f 800506 888f4f 90060d 900e35 a00615 a22e25 aa8f0f b00605 b88e39 bb3f17 bb2e19 bb1f77 c00629 c00e09 d00737 d44f57
      d40e31 e00767 e44f27 ec8f47 ee2f6b f00611 f66f07 f73f7b ffaf3b ff2e21 ff8e01 fa8f5b ff5f1b ff1e3e ff4f2b
    `,
    `
      000100 10050d 111f7f 200515 222f3f 30075f 300f6f 400409 444e23 500633 500f1f 600613 600f2f 70074f 700f57 800401 888f0f 900777
      900f37 a0061d a00f17 b00767 b00f6b c00505 cccf27 cc8f47 cc4f07 d0077b d00f3b e0075b e22f1b e20e03 f0072b f11f4b f32f0b f30e3d
    `,
    `
      000200 10051e 111e3b 20050a 222f3f 30061b 300e0b 400402 444e2b 50050e 544e33 551f7f 600613 600f6f 700623 722f5f 720e15 800516
      888e03 90063d 900f1f a0061d a00e2d b0060d b11f4f b10e35 c00506 c44e25 cc8f2f d00605 d11f77 d54e39 dd8f0f e00619 e22f57 ea8e01
      ee4f37 f0051a f99f17 fd5f67 ff3f07 ff1e29 f76f27 ffce09 ff4e31 ffaf47 ff8e11 ff2e21
    `,
    `
      000300 100402 111e03 20040c 222e3d 30061d 322e0d 331f7f 400404 444e2d 50050a 544e35 551f2f 600615 622f3f 664f5f 700625 722e29
      731f1f 774f6f 800516 888e05 900639 900e19 a00506 aaaf0f aa2e09 aa8f4f b0060e bb2f77 b22f37 ba8f57 bb1f47 c0051a cccf17 cc8f67
      cc4f27 d00631 dd4f07 d44f7b dc8f3b dd1f2b e00611 ee4f5b e44f1b eeaf6b ee8e21 ee2f33 f00601 f33f4b f76f0b ffaf73 ff2e3e fb9f53
      ffcf63 ff8e1e ff5f13 ff4e2e ff1f23
    `,
    `
      000404 100633 111e13 200623 222f7f 300603 311f3f 332f6f 40062d 444f5f 500516 511e3d 554f1f 60061d 600f77 700506 774f2f 744f4f
      773f0f 771e0d 772f57 800635 888f37 900615 900f27 a00625 a00e29 b0051a bb1f17 b11f67 b32e05 bb8f7b c00639 c00e19 d0050c dd1f47
      d11f07 d54e09 dd8f1b e00631 ee2f3b e22f5b ea8e3e ee4f0b f00300 ffff6b ff7f2b ffbf4b ff3e11 f76e21 ffae01 ff2d0a fb9e1e ffce0e
      ff8d12 ff5e2e ff1d02 ff4d1c
    `,
  ],
];

/** Is told one codeword: its table and context, what it says, and its bits with the first of the stream lowest. */
export type CodewordSink = (
  table: number,
  context: number,
  rho: number,
  uOff: number,
  known: number,
  ones: number,
  codeword: number,
  length: number,
) => void;

/** Names all codewords of both tables: 444 of the first and 358 of the second. `known` is e_k, `ones` is e_1. */
export function forEachCodeword(sink: CodewordSink): void {
  for (let table = 0; table < 2; table++) {
    for (let context = 0; context < 8; context++) {
      for (const code of CODES[table][context].trim().split(/\s+/)) {
        const v = Number.parseInt(code, 16);
        const nibble = (shift: number) => (v >> shift) & 15;
        sink(table, context, nibble(20), nibble(8) >> 3, nibble(16), nibble(12), v & 127, nibble(8) & 7);
      }
    }
  }
}
