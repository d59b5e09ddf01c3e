package wazero

const mapNoReserve = 0
