/** The panel beside the picture: which picture, how much of it is here, how it is shown. */
import { watchDrops } from '../drops.ts';
import type { Look, Offer, PictureFacts, Report } from './messages.ts';

/** An element of the page by its id. */
export const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

/** What the panel tells the page. */
export interface PanelActions {
  choose(offer: Offer): void;
  open(file: File): void;
  look(look: Look): void;
  online(online: boolean): void;
  forget(): void;
}

const layers = find<HTMLInputElement>('layers');
const component = find<HTMLSelectElement>('component');

/** Fills in what can be chosen, and listens. */
export function preparePanel(offers: readonly Offer[], actions: PanelActions): void {
  for (const offer of offers) addOffer(offer, () => actions.choose(offer));
  const file = find<HTMLInputElement>('file');
  file.addEventListener('change', () => {
    const [chosen] = file.files ?? [];
    if (chosen) actions.open(chosen);
    file.value = '';
  });
  watchDrops(actions.open);
  const onLook = (): void => {
    tellLayers();
    actions.look(currentLook());
  };
  layers.addEventListener('input', onLook);
  component.addEventListener('change', onLook);
  const offline = find<HTMLInputElement>('offline');
  offline.addEventListener('change', () => actions.online(!offline.checked));
  find('forget').addEventListener('click', () => actions.forget());
  const fold = find('fold');
  const setFolded = (folded: boolean): void => {
    find('panel').classList.toggle('folded', folded);
    fold.textContent = folded ? 'More' : 'Less';
    fold.setAttribute('aria-expanded', String(!folded));
  };
  fold.addEventListener('click', () => setFolded(!find('panel').classList.contains('folded')));
  // on a small screen the picture comes first
  setFolded(matchMedia('(max-width: 52rem)').matches);
}

/** One more picture to choose, or the same one again. */
export function addOffer({ name, title }: Offer, choose: () => void): void {
  const before = [...find('offers').querySelectorAll('button')].find((button) => button.dataset.name === name);
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = title;
  button.dataset.name = name;
  button.addEventListener('click', choose);
  if (before) before.replaceWith(button);
  else find('offers').append(button);
}

/** What the controls say. */
export function currentLook(): Look {
  return {
    layers: Number(layers.value),
    ...(component.value === '' ? {} : { component: Number(component.value) }),
  };
}

/** Marks the picture that is on show. */
export function showChosen({ name, title }: Offer): void {
  for (const button of find('offers').querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.dataset.name === name));
  }
  document.title = `${title}: a picture by JPIP`;
  find('facts').replaceChildren();
  find('place').textContent = '';
  find('map').classList.add('idle');
  find('held').textContent = '0 bytes';
  find('of').textContent = '';
  find('meter-bar').style.width = '0';
  say('Opening…', 'busy');
}

/** What a picture is, and what can be chosen of it. */
export function showFacts(picture: PictureFacts): void {
  layers.max = String(picture.layers);
  layers.value = layers.max;
  layers.disabled = picture.layers < 2;
  component.replaceChildren(
    new Option('all, in colour', ''),
    ...Array.from({ length: picture.components }, (_, c) => new Option(`only number ${c + 1}`, String(c))),
  );
  component.disabled = picture.components < 2;
  tellLayers();
  find('facts').replaceChildren(
    ...picture.facts.map(([name, value]) => {
      const row = document.createElement('tr');
      for (const text of [name, value]) row.insertCell().textContent = text;
      return row;
    }),
  );
}

/** How much is here. */
export function showProgress(progress: Extract<Report, { kind: 'progress' }>, { bytes: total, own }: Offer): void {
  const { held, received, busy, server, complete } = progress;
  find('held').textContent = bytesText(held);
  const share = total === undefined ? undefined : Math.min(1, held / total);
  const percent = share === undefined ? '' : `, ${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
  find('of').textContent = total === undefined ? '' : `of ${bytesText(total)}${percent}`;
  find('meter').setAttribute('aria-valuenow', String(Math.round((share ?? 0) * 100)));
  find('meter-bar').style.width = `${(share ?? 0) * 100}%`;
  const from = own ? 'from a server inside this page' : 'over the network';
  const came = received === 0 ? '' : `, ${bytesText(received)} came ${from}`;
  if (server === 'unasked') say(`${busy ? 'Decoding' : 'Showing'} what is kept here${came}`, 'offline');
  else if (server === 'silent') say('The server does not answer; trying again', 'bad');
  else if (busy) say(`Sharpening${came}`, 'busy');
  else say(`${complete ? 'All of this view is here' : 'Waiting'}${came}`, '');
}

/** A line for people. */
export function say(text: string, state: '' | 'busy' | 'offline' | 'bad'): void {
  const status = find('status');
  status.textContent = text;
  status.className = state;
}

/** A number of bytes as people read it. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} bytes`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(bytes < 1e4 ? 1 : 0)} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;
}

function tellLayers(): void {
  find('layers-text').textContent = `${layers.value} of ${layers.max} layers`;
}
