/* A banner of a few lines, with a link that opens it again. Each platform's stub says what its buttons tell. */
window.stub = ({ id, className, parent, settingsId, choose, close, open }) => {
  const box = (name) => {
    const element = document.createElement('div');
    if (name) element.id = name;
    if (className) element.className = className;
    element.innerHTML = '<p>We  ask\nbefore we store.</p><button class="accept">Accept</button>' +
      '<button class="reject">Reject</button><button class="save">Statistics only</button><button class="close">×</button>';
    element.style.display = 'none';
    (parent || document.body).append(element);
    const hide = () => { element.style.display = 'none'; };
    const on = (button, run) => element.querySelector(`.${button}`).addEventListener('click', run);
    on('accept', () => { choose({ functional: true, statistics: true, marketing: true }, 'accept'); hide(); });
    on('reject', () => { choose({ functional: false, statistics: false, marketing: false }, 'reject'); hide(); });
    on('save', () => { choose({ functional: false, statistics: true, marketing: false }, 'save'); hide(); });
    on('close', () => { hide(); if (close) close(); });
    return element;
  };
  const first = box(id);
  const second = settingsId ? box(settingsId) : first;
  document.querySelector('#settings').addEventListener('click', () => {
    second.style.display = 'block';
    if (open) open(true);
  });
  return {
    show() {
      first.style.display = 'block';
      if (open) open(false);
    },
  };
};
// The platform's own id of this browser, kept with the first choice.
window.ownId = (make) => {
  const id = window.stored('id') || make();
  return { id, keep: () => window.store('id', id) };
};
window.stored = (name) => JSON.parse(localStorage.getItem(name) || 'null');
window.store = (name, value) => localStorage.setItem(name, JSON.stringify(value));
