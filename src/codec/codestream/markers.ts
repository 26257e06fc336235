/** Marker codes of the codestream (15444-1 Table A.2, 15444-2 Table A.2, 15444-15 Table A.1). */

export const SOC = 0xff4f;
export const CAP = 0xff50;
export const SIZ = 0xff51;
export const COD = 0xff52;
export const COC = 0xff53;
export const TLM = 0xff55;
export const PRF = 0xff56;
export const PLM = 0xff57;
export const PLT = 0xff58;
export const CPF = 0xff59;
export const QCD = 0xff5c;
export const QCC = 0xff5d;
export const RGN = 0xff5e;
export const POC = 0xff5f;
export const PPM = 0xff60;
export const PPT = 0xff61;
export const CRG = 0xff63;
export const COM = 0xff64;
export const SOT = 0xff90;
export const SOP = 0xff91;
export const EPH = 0xff92;
export const SOD = 0xff93;
export const EOC = 0xffd9;

const NAMES: Readonly<Record<number, string>> = /* @__PURE__ */ Object.freeze({
  [SOC]: 'SOC',
  [CAP]: 'CAP',
  [SIZ]: 'SIZ',
  [COD]: 'COD',
  [COC]: 'COC',
  [TLM]: 'TLM',
  [PRF]: 'PRF',
  [PLM]: 'PLM',
  [PLT]: 'PLT',
  [CPF]: 'CPF',
  [QCD]: 'QCD',
  [QCC]: 'QCC',
  [RGN]: 'RGN',
  [POC]: 'POC',
  [PPM]: 'PPM',
  [PPT]: 'PPT',
  [CRG]: 'CRG',
  [COM]: 'COM',
  [SOT]: 'SOT',
  [SOP]: 'SOP',
  [EPH]: 'EPH',
  [SOD]: 'SOD',
  [EOC]: 'EOC',
});

/** The marker's name, or its code in hexadecimal. */
export function markerName(marker: number): string {
  return NAMES[marker] ?? `0x${marker.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Markers that stand alone, with no length and no parameters: 0xFF30 to 0xFF3F, SOC, EPH, SOD, EOC (A.1.2). */
export function isDelimiter(marker: number): boolean {
  return (marker >= 0xff30 && marker <= 0xff3f) || marker === SOC || marker === EPH || marker === SOD || marker === EOC;
}
