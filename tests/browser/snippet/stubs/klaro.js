/* The real Klaro, with two services to ask about. */
window.klaroConfig = {
  acceptAll: true,
  lang: 'en',
  services: [
    { name: 'session', purposes: ['security'], required: true },
    { name: 'counter', purposes: ['analytics'] },
    { name: 'pixel', purposes: ['marketing'] },
    { name: 'retarget', purposes: ['marketing'] },
  ],
};
document.querySelector('#settings').addEventListener('click', () => window.klaro.show());
