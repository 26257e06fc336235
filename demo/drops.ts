/** Files dropped on a page: a veil, the element `drop`, says that they may be, and the first of them is opened. */

/** Opens what is dropped on this page. */
export function watchDrops(open: (file: File) => void): void {
  const veil = document.getElementById('drop')!;
  addEventListener('dragover', (event) => {
    event.preventDefault();
    veil.hidden = false;
  });
  addEventListener('dragleave', (event) => {
    if (event.relatedTarget === null) veil.hidden = true;
  });
  addEventListener('drop', (event) => {
    event.preventDefault();
    veil.hidden = true;
    const file = event.dataTransfer?.files[0];
    if (file) open(file);
  });
}
