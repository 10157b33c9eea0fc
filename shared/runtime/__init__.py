"""Run-time operations: issue control numbers, record what came in and what receipts say."""
