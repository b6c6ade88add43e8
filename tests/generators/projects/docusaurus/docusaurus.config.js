module.exports = { title: 'Harbour', url: 'https://x.test', baseUrl: '/', onBrokenLinks: 'ignore',
 presets: [['classic', { docs: {}, blog: false, theme: {} }]] };
