mod chain;
mod clients;
mod link;
mod packets;
